import type { Clock } from '../../ports/clock.ts'
import type { Admission } from '../admission.ts'
import type { GroupFailure } from './attempt-result.ts'
import { settle } from './settle.ts'
import type { SettlePorts } from './settle.ts'

/** The one line of a call that nobody could answer. */
export async function settleFailure(
  admission: Admission,
  { result, retries }: GroupFailure,
  httpStatus: number,
  cutShort: boolean,
  ports: SettlePorts & { readonly clock: Clock },
): Promise<void> {
  // The line of its last try is the call's as well: what was kept is not charged twice.
  if (result.kept !== undefined) {
    ports.observer.finished({ ...result.kept, httpStatus, cutShort }, admission.admittedAt)
    await admission.budget?.release()
    return
  }
  await settle(
    admission,
    {
      of: 'call',
      deployment: result.deployment,
      upstreamModel: result.upstreamModel,
      group: result.group,
      usage: undefined,
      writtenWeight: () => 0,
      pictures: undefined,
      replyId: undefined,
      reportedModel: undefined,
      serviceTier: undefined,
      failure: result.failure,
      charge: false,
      cutShort,
      httpStatus,
      startedAt: admission.admittedAt,
      firstByteAt: undefined,
      endedAt: ports.clock.now(),
      retries,
    },
    ports,
  )
}
