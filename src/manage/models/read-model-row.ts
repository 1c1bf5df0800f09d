import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { ReadModel } from '../../ports/model-reader.ts'
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
  const values = credential === undefined ? undefined : openValues(credential, seal)
  const read = readModel(row, params, values, { modelReader })
  return read.ok ? allow(read.deployment) : deny('bad-request', 'param_type', read.flaws.join(' '))
}

/** The same with the values of a credential that are at hand. */
export function readModel(
  row: StoredModel,
  params: JsonObject,
  credential: JsonObject | undefined,
  { modelReader }: Pick<ManagePorts, 'modelReader'>,
): ReadModel {
  return modelReader.read({ name: row.publicName, params, info: wholeInfo(showModel(row, undefined)), credential })
}

/** Where its secrets go. */
export function destinationOf({ target }: Deployment): string {
  return target.kind === 'http' ? target.origin : target.kind
}
