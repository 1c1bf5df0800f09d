import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { AnswerTally } from '../7-provider/pass-through/answer-tally.ts'
import type { PassedAdmission } from './admit-pass-through.ts'
import type { RelayEnd } from '../serving/relay.ts'
import { settle } from '../serving/settle.ts'
import type { Settled, SettlePorts } from '../serving/settle.ts'
import type { Clock } from '../../ports/clock.ts'

export interface PassedCall {
  readonly admission: PassedAdmission
  readonly tally: AnswerTally
  readonly startedAt: EpochMs
  readonly ports: SettlePorts & { readonly clock: Clock }
}

/** The one line of a call that was passed on. What an upstream refused is not charged, what it may have done is. */
export function keepPassed(
  { admission, tally, startedAt, ports }: PassedCall,
  end: RelayEnd,
  failure: UpstreamFailure | undefined,
): Promise<Settled> {
  const { deployment, model } = admission
  return settle(
    admission,
    {
      of: 'call',
      deployment,
      upstreamModel: deployment.upstreamModel,
      group: model.group,
      usage: tally.usage,
      writtenWeight: () => tally.weight,
      pictures: undefined,
      replyId: tally.id,
      // Where tokens have no price, no name gives them one.
      reportedModel: deployment.upstreamModel === '' ? undefined : tally.model,
      serviceTier: tally.serviceTier,
      failure,
      charge: end.kind === 'broken' ? end.failure.mayHaveBilled : end.status < 400,
      cutShort: end.kind !== 'whole',
      httpStatus: statusOf(end, failure),
      startedAt,
      firstByteAt: end.firstByteAt === undefined ? undefined : epochMs(end.firstByteAt),
      endedAt: ports.clock.now(),
      retries: 0,
    },
    ports,
  )
}

function statusOf(end: RelayEnd, failure: UpstreamFailure | undefined): number {
  switch (end.kind) {
    case 'gone':
      return 499
    case 'whole':
      return end.status
    case 'broken':
      return end.failure.status
    case 'revoked':
      return failure?.status ?? end.status
  }
}
