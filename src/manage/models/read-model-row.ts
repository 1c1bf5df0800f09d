import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'
import { showModel, wholeInfo } from './show-model.ts'
import { openValues } from './stored-secrets.ts'

/** The deployment that a row and its parameters make, or what speaks against them. */
export async function readModelRow(
  row: StoredModel,
  params: JsonObject,
  rooms: Rooms,
  { modelReader, seal }: Pick<ManagePorts, 'modelReader' | 'seal'>,
): Promise<Decision<Deployment>> {
  const name = params['litellm_credential_name']
  const credential = typeof name === 'string' ? await rooms.credentials.find(name) : undefined
  const read = modelReader.read({
    name: row.publicName,
    params,
    info: wholeInfo(showModel(row, undefined)),
    credential: credential === undefined ? undefined : openValues(credential, seal),
  })
  return read.ok ? allow(read.deployment) : deny('bad-request', 'param_type', read.flaws.join(' '))
}
