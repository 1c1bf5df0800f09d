import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import { NO_MONEY } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import { decideExpiry, durationOfNewKey } from './decide-expiry.ts'
import { makeKey } from './make-key.ts'
import type { NewSecret } from './make-key.ts'
import type { Actor, KeyDefaults, ManagePorts } from './ports.ts'
import { aliasTaken, keyTaken, malformed } from './refuse.ts'
import { reviseKey } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'

export type KeyType = 'default' | 'llm_api' | 'management' | 'read_only'

export interface KeyOrder extends KeyWish {
  /** A value of the caller's choice. */
  readonly chosenKey?: string | undefined
  readonly keyType?: KeyType | undefined
}

/** A key and, for its one showing, the secret that opens it. */
export interface IssuedKey {
  readonly row: VirtualKey
  readonly secret: string
  /** As asked or as the operator's rules have it. */
  readonly duration: string | undefined
  readonly spend: PicoUsd
}

const ROUTES_OF_TYPE: Readonly<Record<KeyType, readonly string[]>> = {
  default: [],
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
}

export async function generateKey(order: KeyOrder, actor: Actor, ports: ManagePorts): Promise<Decision<IssuedKey>> {
  const now = ports.clock.now()
  const secret = makeKey(order.chosenKey, ports)
  if (secret.verdict === 'deny') return secret

  const allowedRoutes = routesOf(order)
  if (allowedRoutes.verdict === 'deny') return allowedRoutes

  const wish = { ...withDefaults(order, ports.rules.keyDefaults), allowedRoutes: allowedRoutes.granted }
  const wished = reviseKey(blankKey(secret.granted, actor, now), wish)
  if (wished.verdict === 'deny') return wished

  const duration = durationOfNewKey(order.duration, ports.rules)
  const expiry = duration === undefined ? allow(undefined) : decideExpiry(duration, now, ports.rules)
  if (expiry.verdict === 'deny') return expiry

  const row: VirtualKey = { ...wished.granted, expiresAt: expiry.granted }
  switch (await ports.keys.insert(row)) {
    case 'inserted':
      return allow({ row, secret: secret.granted.key, duration, spend: NO_MONEY })
    case 'alias-taken':
      return aliasTaken(row.alias)
    case 'digest-taken':
      return keyTaken()
  }
}

function routesOf({ keyType = 'default', allowedRoutes = [] }: KeyOrder): Decision<readonly string[]> {
  const ofType = ROUTES_OF_TYPE[keyType]
  if (ofType.length === 0) return allow(allowedRoutes)
  const isSame = allowedRoutes.length === ofType.length && allowedRoutes.every((route) => ofType.includes(route))
  if (allowedRoutes.length === 0 || isSame) return allow(ofType)
  return malformed('`key_type` and `allowed_routes` say different things. Send one of them.')
}

/** What was left empty counts as not said. */
function withDefaults(order: KeyOrder, defaults: KeyDefaults): KeyWish {
  const { models = [], tags = [], metadata = {} } = order
  return {
    ...order,
    models: models.length > 0 ? models : (defaults.models ?? []),
    metadata: Object.keys(metadata).length > 0 ? metadata : (defaults.metadata ?? {}),
    // Tags may also come with the metadata, and those are the caller's own as well.
    tags: tags.length > 0 ? tags : 'tags' in metadata ? undefined : defaults.tags,
  }
}

function blankKey(secret: NewSecret, actor: Actor, now: EpochMs): VirtualKey {
  return {
    digest: secret.digest,
    displayName: secret.displayName,
    alias: undefined,
    userId: undefined,
    models: [],
    modelAliases: {},
    allowedRoutes: [],
    enforcedParams: [],
    tags: [],
    metadata: {},
    blocked: false,
    expiresAt: undefined,
    createdAt: now,
    createdBy: actor.name,
    updatedAt: now,
    updatedBy: actor.onBehalfOf ?? actor.name,
    rotationCount: 0,
    lastRotatedAt: undefined,
  }
}
