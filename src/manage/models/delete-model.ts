import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { describeRow } from '../describe-change.ts'
import { decideModelGround } from './model-ground.ts'
import { onRecord } from '../on-record.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { isNameStillUsed, renameInTeam } from '../teams/team-model-names.ts'
import { withCascade } from '../with-cascade.ts'

export async function deleteModel(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<string>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_ProxyModelTable', objectId: id } as const
  const ground = await onRecord(decideModelGround(ask, ports), about, ask, ports)
  if (ground.verdict === 'deny') return ground
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const [gone] = await rooms.models.delete([id])
    if (gone === undefined) {
      return deny('stored-model-not-found', 'object_denied', `Model with id=${id} not found in db`)
    }
    const isNameless = gone.teamId !== undefined && !(await isNameStillUsed(gone.teamId, gone.publicName, id, rooms))
    const ofTeam =
      gone.teamId !== undefined && isNameless
        ? await renameInTeam(gone.teamId, { gone: gone.publicName }, rooms, ask, ports)
        : []
    return allow({ outcome: id, records: [withCascade({ ...about, before: describeRow(gone), after: {} }, ofTeam)] })
  })
}
