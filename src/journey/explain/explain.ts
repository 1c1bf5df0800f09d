import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { CallId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { decidingSettings } from './deciding-settings.ts'
import type { Reading } from './deciding-settings.ts'
import { findChange } from './find-change.ts'
import { NOTHING_IMAGINED } from './imagined-directory.ts'
import { isOwn } from './is-own.ts'
import { advise } from './propose/advise.ts'
import { propose } from './propose/propose.ts'
import { runScene } from './run-scene.ts'
import type { Outcome } from './run-scene.ts'
import type { Change, ExplainedCall, Scene, Subject } from './scene.ts'
import { situationOf } from './situation.ts'
import type { SituationPorts } from './situation.ts'

export interface ExplainAsk {
  readonly asker: Principal
  /** Who may look at everybody. */
  readonly isAdministrator: boolean
  /** Undefined: the asker itself. */
  readonly subject: Subject | undefined
  readonly call: ExplainedCall
  readonly callId: CallId
}

export interface Explanation {
  readonly call: ExplainedCall
  readonly outcome: Outcome
  /** By name. */
  readonly settings: readonly string[]
  /** Undefined: nothing was found, or nothing is needed. */
  readonly changes: readonly Change[] | undefined
  /** Where nothing was found. */
  readonly advice: string | undefined
}

export type ExplainPorts = JourneyPorts & SituationPorts

/** What would happen, why, and with which change it would be allowed. The same journey as calls make; nothing is done. */
export async function explain(ask: ExplainAsk, ports: ExplainPorts): Promise<Decision<Explanation>> {
  const scene: Scene = {
    subject: ask.subject ?? subjectOf(ask.asker),
    call: ask.call,
    facts: NOTHING_IMAGINED,
    settings: { policy: ports.tokens?.policy, routes: ports.settings.routes },
  }
  const run = (each: Scene): Promise<Outcome> => runScene(each, ask.callId, ports)
  const outcome = await run(scene)
  if (!ask.isAdministrator && ask.subject !== undefined && !(await isOwn(ask.asker, ask.subject, outcome, ports))) {
    return deny('object-not-found', 'object_denied')
  }
  const settings = decidingSettings(scene, outcome, readingOf(scene.subject, outcome, ports))
  const found = { call: ask.call, outcome, settings }
  if (outcome.denied === undefined) return allow({ ...found, changes: undefined, advice: undefined })

  const changes = await findChange(scene, outcome, {
    run,
    propose: async (at, of) => {
      const situation = await situationOf(at, of, ports)
      const proposed = situation === undefined ? [] : await propose(situation)
      return ask.isAdministrator ? proposed : proposed.filter((change) => change.forOperators !== true)
    },
  })
  return allow({ ...found, changes, advice: changes === undefined ? advise(outcome.denied.because) : undefined })
}

/** What a refused token says of its issuer is not proven; where only one profile can be meant, it is that. */
function readingOf(subject: Subject, { proof }: Outcome, { tokens }: ExplainPorts): Reading {
  const shared = tokens?.verifier.shared
  const named = subject.is === 'claims' ? tokens?.verifier.profileOf(subject.issuer) : undefined
  const profile = proof?.kind === 'token' ? proof.token.profile : (named ?? shared)
  return { profile, isListed: shared === undefined || profile !== shared }
}

function subjectOf(asker: Principal): Subject {
  switch (asker.kind) {
    case 'master':
      return { is: 'master' }
    case 'virtual-key':
      return asker.bearer === undefined
        ? { is: 'key', digest: asker.key.digest }
        : { is: 'token', token: asker.bearer.token }
    case 'user':
    case 'team-token':
      return { is: 'token', token: asker.token }
  }
}
