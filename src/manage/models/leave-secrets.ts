import type { AuditDraft } from '../../domain/audit-record.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange, isSame } from '../describe-change.ts'
import { withParams } from './describe-params.ts'
import { stampChange } from '../stamp-change.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { withoutOldSecrets } from './merge-params.ts'
import { destinationOf, readModel } from './read-model-row.ts'
import { openParams, sealParams } from './stored-secrets.ts'

/** The values of a named credential: none where there was none of this name. */
export interface CredentialMove {
  readonly name: string
  readonly before: JsonObject | undefined
  readonly after: JsonObject
}

/**
 * N-26: secrets that a model has of its own were given for the host to which its credential led. Where it leads elsewhere
 * now, they stay behind.
 */
export async function leaveSecretsBehind(
  move: CredentialMove,
  rooms: Rooms,
  ask: Ask,
  ports: ManagePorts,
): Promise<readonly AuditDraft[]> {
  const records: AuditDraft[] = []
  for (const { id } of (await rooms.models.list()).filter((row) => borrows(row, move, ports))) {
    const current = await rooms.models.find(id)
    const params = current === undefined ? undefined : openParams(current, ports.seal)
    if (current === undefined || params === undefined || staysThere(current, params, move, ports)) continue
    const left = withoutOldSecrets(params, {})
    if (isSame(params, left)) continue
    const row = stampChange(current, { ...current, sealedParams: sealParams(left, id, ports.seal) }, ask, ports)
    await rooms.models.update(row)
    const about = { action: 'updated', objectType: 'LiteLLM_ProxyModelTable', objectId: id } as const
    records.push(withParams({ ...about, ...describeChange(current, row) }, 'params', params, left))
  }
  return records
}

function borrows(row: StoredModel, { name }: CredentialMove, { seal }: ManagePorts): boolean {
  return openParams(row, seal)?.['litellm_credential_name'] === name
}

function staysThere(row: StoredModel, params: JsonObject, { before, after }: CredentialMove, ports: ManagePorts) {
  const [was, is] = [before, after].map((values) => readModel(row, params, values, ports))
  return was?.ok === true && is?.ok === true && destinationOf(was.deployment) === destinationOf(is.deployment)
}
