import type { EntryId, EpochMs, KeyDigest, TeamId, UserId } from '../domain/ids.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { Scope } from './registry.ts'
import type { SpendReports } from './spend-reports.ts'

/** Where a charge becomes durable, as the journey sees it. */
export interface ChargeKeeper {
  /** Resolves once the entry survives the death of this process; rejects when it can't be kept, and then nothing is. */
  keep(entry: LedgerEntry): Promise<void>
}

/** Where a charge becomes durable. */
export interface LedgerWriter {
  /**
   * Returns once the entry survives the death of this process. Synchronous on purpose: it stands between the last byte
   * from upstream and the last byte to the client. Throws when the entry cannot be kept.
   */
  append(entry: LedgerEntry): void
}

/** The shared ledger that written lines (`domain/ledger-line.ts`) are carried to. */
export interface LedgerStore {
  /**
   * Keeps all lines or none; a line whose entry id is on record already changes nothing. `refused`: the store is well and
   * will never take one of these lines. Throws when the store does not answer, and then the lines may be kept or not.
   */
  keep(lines: readonly string[]): Promise<'kept' | 'refused'>
}

/** Days and bounds go by `startedAt`. */
export interface LedgerFilter {
  readonly requestId?: string
  /** Lines of its earlier digests, before rotations, are its lines too. */
  readonly key?: KeyDigest
  readonly userId?: UserId
  readonly teamId?: TeamId
  /** Lines outside of it do not exist; absent: all are in it. */
  readonly scope?: Scope
  readonly from?: EpochMs
  /** Exclusive. */
  readonly until?: EpochMs
  readonly limit: number
}

export interface DailySpend {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
  readonly total: PicoUsd
  readonly byKey: ReadonlyMap<string, PicoUsd>
  readonly byUser: ReadonlyMap<string, PicoUsd>
  readonly byModel: ReadonlyMap<string, PicoUsd>
}

export type SpendKind = 'all' | 'user' | 'team' | 'member' | 'organization' | 'end_user' | 'tag'

/** Under which a member's spend in a team is summed; as the store writes it. */
export function memberSpendId(team: TeamId, user: UserId): string {
  return `[${JSON.stringify(team)}, ${JSON.stringify(user)}]`
}

/** The two ids again, team first. */
export function parseMemberSpendId(id: string): readonly [string, string] {
  const [team, user]: readonly string[] = JSON.parse(id)
  return [team ?? '', user ?? '']
}

/** Sums and lines of the one ledger. Everything appended on this process before the call is in the answer. */
export interface LedgerReader extends SpendReports {
  /** Newest first. */
  entries(filter: LedgerFilter): Promise<readonly LedgerEntry[]>
  has(entryId: EntryId): Promise<boolean>
  /** What a key spent under its earlier digests, before rotations, is its spend too. Keys without a line are absent. */
  spendOfKeys(keys: readonly KeyDigest[]): Promise<ReadonlyMap<KeyDigest, PicoUsd>>
  /** Of whatever else a line names; those without a line are absent. A member is `memberSpendId`. */
  spendOf(kind: SpendKind, ids: readonly string[]): Promise<ReadonlyMap<string, PicoUsd>>
  /** All that lines of this kind name. */
  listSpend(kind: SpendKind): Promise<ReadonlyMap<string, PicoUsd>>
  /** Newest first; days without a line are absent. */
  daily(filter: Omit<LedgerFilter, 'limit' | 'requestId'>): Promise<readonly DailySpend[]>
}
