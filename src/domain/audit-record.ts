import type { EpochMs } from './ids.ts'
import type { JsonObject } from './json.ts'

/** `attempted`: refused at the route, before it was known which object was meant. */
export type AuditAction = 'created' | 'updated' | 'deleted' | 'blocked' | 'unblocked' | 'rotated' | 'attempted'

/** Names of tables as the readers of the compatible API know them; and a route, for what was refused there. */
export type AuditObject =
  | 'LiteLLM_VerificationToken'
  | 'LiteLLM_UserTable'
  | 'LiteLLM_TeamTable'
  | 'LiteLLM_TeamMembership'
  | 'LiteLLM_OrganizationTable'
  | 'LiteLLM_OrganizationMembership'
  | 'LiteLLM_EndUserTable'
  | 'LiteLLM_BudgetTable'
  | 'LiteLLM_TagTable'
  | 'LiteLLM_ProxyModelTable'
  | 'LiteLLM_CredentialsTable'
  | 'LiteLLM_AccessGroupTable'
  | 'LiteLLM_InvitationLink'
  | 'LiteLLM_JWTKeyMapping'
  /** Ours. */
  | 'TokenRevocation'
  | 'route'

/** One change of one object, as the verb that makes it tells it. Values hold no secrets: the verb shows them masked. */
export interface AuditDraft {
  readonly action: AuditAction
  readonly objectType: AuditObject
  readonly objectId: string
  /** Only members that changed; empty for what was not there before. */
  readonly before: JsonObject
  readonly after: JsonObject
}

/** A change that changed nothing is none, and has no record. */
export function tellsSomething({ before, after }: AuditDraft): boolean {
  return Object.keys(before).length + Object.keys(after).length > 0
}

/** Who asks for changes, from where, and through which call. */
export interface AuditOrigin {
  readonly actor: string
  readonly actorRole: string
  /** The digest of the caller's key; absent for the master key. */
  readonly actorKey: string | undefined
  /** What the caller says about whom it acts for. Recorded, never believed. */
  readonly onBehalfOf: string | undefined
  readonly clientAddress: string | undefined
  readonly requestId: string
  readonly route: string
}

export interface AuditRecord extends AuditDraft, AuditOrigin {
  readonly sequence: number
  readonly id: string
  readonly at: EpochMs
  readonly outcome: 'done' | 'refused'
  /** Why it was refused. */
  readonly reason: string | undefined
  readonly previousHash: string
  readonly hash: string
}

/** A record as it is stored, the values still as the text that went into the hash. */
export interface SealedRecord extends Omit<AuditRecord, 'before' | 'after' | 'at'> {
  /** What a changed database might hold is not always a time. */
  readonly at: number
  readonly beforeText: string
  readonly afterText: string
}

/** A place in the chain, and what everything up to it comes to. */
export interface AuditHead {
  readonly sequence: number
  readonly hash: string
}

/** What the first record's hash goes on from. */
export const FIRST_HASH = '0'.repeat(64)

/** The text that is hashed together with the hash before: every member, in one order, with nothing left to choose. */
export function canonicalText(record: Omit<SealedRecord, 'hash' | 'previousHash'>): string {
  return JSON.stringify([
    record.sequence,
    record.id,
    record.at,
    record.actor,
    record.actorRole,
    record.actorKey ?? null,
    record.onBehalfOf ?? null,
    record.clientAddress ?? null,
    record.requestId,
    record.route,
    record.action,
    record.outcome,
    record.reason ?? null,
    record.objectType,
    record.objectId,
    record.beforeText,
    record.afterText,
  ])
}
