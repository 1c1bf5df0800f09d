import type { Deployment } from '../../domain/deployment.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { Timers } from '../../ports/chance.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IdSigner } from '../../ports/id-signer.ts'
import type { Reply } from '../../ports/reply.ts'
import type { Together } from '../../ports/together.ts'
import type { Upstream } from '../../ports/upstream.ts'
import type { MockUsage } from '../7-provider/demo/write-answer.ts'
import type { Admission } from '../admission.ts'
import type { CallProgress } from './attempt-result.ts'
import type { SettlePorts } from './settle.ts'
import type { StandingWatch } from './standing-watch.ts'

export interface AttemptPorts extends SettlePorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly upstream: Upstream
  /** Where whole answers wait for those that come in the same turn. */
  readonly together: Together
  readonly signer: IdSigner
  readonly standing: Pick<StandingWatch, 'watch'>
  readonly policy: RouterPolicy
  readonly maxAnswerBytes: number
  readonly maxStreamMs: number
  readonly mockUsage: MockUsage
  readonly showsApiBase: boolean
}

/** One try at one deployment: what is known before it begins. */
export interface Attempt {
  readonly admission: Admission
  readonly model: ResolvedModel
  readonly deployment: Deployment
  readonly upstreamModel: string
  readonly progress: CallProgress
  readonly reply: Reply
  readonly ports: AttemptPorts
  readonly startedAt: EpochMs
}
