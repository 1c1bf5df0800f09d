import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { StoredCredential } from '../../domain/stored-credential.ts'
import { maskCredential, maskParams } from './mask-params.ts'
import type { ManagePorts } from '../ports.ts'
import { openParams, openValues } from './stored-secrets.ts'

/** A credential as it is read: with the names of its values, and without the values. */
export interface ShownCredential {
  readonly name: string
  readonly values: JsonObject
  readonly info: JsonObject
}

export async function listCredentials({ registry, seal }: ManagePorts): Promise<readonly ShownCredential[]> {
  return (await registry.rooms.credentials.list()).map((row) => shown(row, seal))
}

export async function readCredential(name: string, ports: ManagePorts): Promise<Decision<ShownCredential>> {
  const row = await ports.registry.rooms.credentials.find(name)
  return row === undefined ? credentialNotFound() : allow(shown(row, ports.seal))
}

/** What a model of the store would give to a credential, or the credential that it names. */
export async function readCredentialOfModel(modelId: string, ports: ManagePorts): Promise<Decision<ShownCredential>> {
  const served = ports.catalogue().deployment(modelId)
  if (served !== undefined && served.stored === undefined) return deny('model-in-config', 'param_forbidden')
  const row = await ports.registry.rooms.models.find(modelId)
  if (row === undefined) return credentialNotFound()
  const params = openParams(row, ports.seal) ?? {}
  const name = params['litellm_credential_name']
  if (typeof name === 'string') return readCredential(name, ports)
  const masked = maskParams(params)
  const { model } = masked
  return allow({ name: row.publicName, values: connectionIn(masked), info: typeof model === 'string' ? { model } : {} })
}

const CONNECTION = /^(?:api_key|api_base|base_url|api_version|organization|headers|extra_headers)$/

/** What of a model's parameters says where its provider is and how to be let in. */
export function connectionIn(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => CONNECTION.test(name)))
}

export function credentialNotFound(): Decision<never> {
  return deny('credential-not-found', 'object_denied')
}

/** One that can't be opened is listed, without values. */
function shown(row: StoredCredential, seal: ManagePorts['seal']): ShownCredential {
  return { name: row.name, values: maskCredential(openValues(row, seal) ?? {}), info: row.info }
}
