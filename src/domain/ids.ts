declare const tag: unique symbol
type Tagged<Value, Name extends string> = Value & { readonly [tag]: Name }

/** Lower-case hex SHA-256 of a whole virtual key. Names the key everywhere; never authenticates. */
export type KeyDigest = Tagged<string, 'KeyDigest'>
export type DeploymentId = Tagged<string, 'DeploymentId'>
/** Ours, one per metered call, never the caller's: what makes a ledger line exactly-once. */
export type EntryId = Tagged<string, 'EntryId'>
/** One per reservation of budget, ours like an entry's. */
export type HoldId = Tagged<string, 'HoldId'>
/** The place of one call among those that run at once. */
export type SlotId = Tagged<string, 'SlotId'>
export type CallId = Tagged<string, 'CallId'>
export type UserId = Tagged<string, 'UserId'>
export type TeamId = Tagged<string, 'TeamId'>
export type OrganizationId = Tagged<string, 'OrganizationId'>
export type BudgetId = Tagged<string, 'BudgetId'>
export type EndUserId = Tagged<string, 'EndUserId'>
export type EpochMs = Tagged<number, 'EpochMs'>

const KEY_DIGEST = /^[0-9a-f]{64}$/

export function parseKeyDigest(raw: string): KeyDigest | undefined {
  return KEY_DIGEST.test(raw) ? (raw as KeyDigest) : undefined
}

const VISIBLE = /^[\u0021-\u007e][\u0020-\u007e]{0,254}$/

/** Ids of other people's making are free text (e-mail addresses are legal), but printable and bounded. */
function parseVisible(raw: string): string | undefined {
  return VISIBLE.test(raw) ? raw : undefined
}

export function parseDeploymentId(raw: string): DeploymentId | undefined {
  return parseVisible(raw) as DeploymentId | undefined
}

export function parseUserId(raw: string): UserId | undefined {
  return parseVisible(raw) as UserId | undefined
}

export function parseTeamId(raw: string): TeamId | undefined {
  return parseVisible(raw) as TeamId | undefined
}

export function parseOrganizationId(raw: string): OrganizationId | undefined {
  return parseVisible(raw) as OrganizationId | undefined
}

export function parseBudgetId(raw: string): BudgetId | undefined {
  return parseVisible(raw) as BudgetId | undefined
}

const NAME_OF_A_PERSON = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,255}$/u

/** The caller's own name for its customer, in any script; without what could break a line or turn it round. */
export function parseEndUserId(raw: string): EndUserId | undefined {
  return NAME_OF_A_PERSON.test(raw) ? (raw as EndUserId) : undefined
}

const CALL_ID = /^[0-9A-Za-z._:-]{1,128}$/

export function parseCallId(raw: string): CallId | undefined {
  return CALL_ID.test(raw) ? (raw as CallId) : undefined
}

/** What is made here is well-formed as it comes. */
type Uuid = `${string}-${string}-${string}`

export function callIdOf(uuid: Uuid): CallId {
  return uuid as string as CallId
}

export function entryIdOf(uuid: Uuid): EntryId {
  return uuid as string as EntryId
}

/** For a user whose subject can't be an id here, or is somebody's. */
export function userIdOfUuid(uuid: Uuid): UserId {
  return uuid as string as UserId
}

export function slotIdOf(uuid: Uuid): SlotId {
  return uuid as string as SlotId
}

export function holdIdOf(uuid: Uuid): HoldId {
  return uuid as string as HoldId
}

const ENTRY_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function parseEntryId(raw: string): EntryId | undefined {
  return ENTRY_ID.test(raw) ? (raw as EntryId) : undefined
}

export function epochMs(value: number): EpochMs {
  return value as EpochMs
}
