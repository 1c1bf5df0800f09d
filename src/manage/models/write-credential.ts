import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import { NO_REFERENCES, holdsReference } from '../../domain/references.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { StoredCredential } from '../../domain/stored-credential.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange, describeRow, isSame } from '../describe-change.ts'
import { withParams } from './describe-params.ts'
import { leaveSecretsBehind } from './leave-secrets.ts'
import { withoutMasks } from './mask-params.ts'
import { mergeParams, withoutOldSecrets } from './merge-params.ts'
import { connectionIn, credentialNotFound } from './read-credential.ts'
import { decideDefinition, decideSealing } from './model-ground.ts'
import { onRecord } from '../on-record.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import { stampChange } from '../stamp-change.ts'
import { openParams, openValues, sealValues } from './stored-secrets.ts'
import { modelNotFound } from './update-model.ts'
import { withCascade } from '../with-cascade.ts'

export interface CredentialOrder {
  readonly name: string
  readonly values: JsonObject | undefined
  readonly info: JsonObject
  /** A model of the store whose values it takes. */
  readonly modelId: string | undefined
}

export interface CredentialWish {
  readonly values: JsonObject | undefined
  readonly info: JsonObject | undefined
}

const OBJECT = 'LiteLLM_CredentialsTable'

export async function createCredential(
  order: CredentialOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<StoredCredential>> {
  const sealing = decideSealing(ports)
  if (sealing.verdict === 'deny') return sealing
  const about = { action: 'created', objectType: OBJECT, objectId: order.name } as const
  const may = await onRecord(decideDefinition(ask), about, ask, ports)
  if (may.verdict === 'deny') return may
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const ofModel = order.modelId === undefined ? allow({}) : await connectionOf(order.modelId, rooms, ports)
    if (ofModel.verdict === 'deny') return ofModel
    const values = decideValues(withoutMasks({ ...ofModel.granted, ...order.values }), ports)
    if (values.verdict === 'deny') return values

    const row: StoredCredential = {
      name: order.name,
      sealedValues: sealValues(values.granted, order.name, ports.seal),
      info: order.info,
      ...stampedNew(changer(ask), ports.clock.now()),
    }
    if (holdsReference(row.info)) return deny('param-forbidden', 'param_forbidden', NO_REFERENCES)
    if ((await rooms.credentials.insert(row)) === 'taken') return deny('credential-taken', 'param_type')
    const move = { name: order.name, before: undefined, after: values.granted }
    const ofModels = await leaveSecretsBehind(move, rooms, ask, ports)
    const record = withParams({ ...about, before: {}, after: describeRow(row) }, 'values', undefined, values.granted)
    return allow({ outcome: row, records: [withCascade(record, ofModels)] })
  })
}

export async function updateCredential(
  name: string,
  wish: CredentialWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<StoredCredential>> {
  const sealing = decideSealing(ports)
  if (sealing.verdict === 'deny') return sealing
  const about = { action: 'updated', objectType: OBJECT, objectId: name } as const
  const may = await onRecord(decideDefinition(ask), about, ask, ports)
  if (may.verdict === 'deny') return may
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.credentials.find(name)
    if (current === undefined) return credentialNotFound()
    const values = decideNewValues(current, wish.values ?? {}, ports)
    if (values.verdict === 'deny') return values

    const info = mergeParams(current.info, wish.info ?? {})
    if (holdsReference(info)) return deny('param-forbidden', 'param_forbidden', NO_REFERENCES)
    const sealedValues =
      values.granted === undefined ? current.sealedValues : sealValues(values.granted, name, ports.seal)
    const row = stampChange(current, { ...current, sealedValues, info }, ask, ports)
    await rooms.credentials.update(row)
    const before = openValues(current, ports.seal)
    const ofModels =
      values.granted === undefined
        ? []
        : await leaveSecretsBehind({ name, before, after: values.granted }, rooms, ask, ports)
    const change = { ...about, ...describeChange(current, row) }
    const record = values.granted === undefined ? change : withParams(change, 'values', before, values.granted)
    return allow({ outcome: row, records: [withCascade(record, ofModels)] })
  })
}

export async function deleteCredential(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<string>> {
  const about = { action: 'deleted', objectType: OBJECT, objectId: name } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const [gone] = await rooms.credentials.delete([name])
    if (gone === undefined) return credentialNotFound()
    return allow({ outcome: name, records: [{ ...about, before: describeRow(gone), after: {} }] })
  })
}

/** Undefined: they stay as they are. */
function decideNewValues(
  current: StoredCredential,
  given: JsonObject,
  ports: ManagePorts,
): Decision<JsonObject | undefined> {
  if (Object.keys(given).length === 0) return allow(undefined)
  // Whatever can't be opened any more is written anew.
  const opened = openValues(current, ports.seal)
  const stored = opened ?? {}
  const merged = mergeParams(stored, given)
  if (opened !== undefined && isSame(opened, merged)) return allow(undefined)
  const staysThere = originOf(stored) === originOf(merged)
  return decideValues(staysThere ? merged : withoutOldSecrets(merged, given), ports)
}

function decideValues(values: JsonObject, { modelReader }: ManagePorts): Decision<JsonObject> {
  if (holdsReference(values)) return deny('param-forbidden', 'param_forbidden', NO_REFERENCES)
  for (const name of ['api_base', 'base_url']) {
    const base = values[name]
    const flaw = base === undefined ? undefined : modelReader.judgeBase(base)
    if (flaw !== undefined) return malformed(`\`credential_values.${name}\`: ${flaw}`)
  }
  return allow(values)
}

function originOf(values: JsonObject): string {
  const base = values['api_base'] ?? values['base_url']
  if (typeof base !== 'string') return ''
  return URL.canParse(base) ? new URL(base).origin : base
}

async function connectionOf(modelId: string, rooms: Rooms, ports: ManagePorts): Promise<Decision<JsonObject>> {
  const served = ports.catalogue().deployment(modelId)
  if (served !== undefined && served.stored === undefined) return deny('model-in-config', 'param_forbidden')
  const row = await rooms.models.find(modelId)
  if (row === undefined) return modelNotFound(modelId)
  const params = openParams(row, ports.seal)
  if (params === undefined) return malformed('The stored parameters of this model were sealed under another key.')
  return allow(connectionIn(params))
}
