import type { CallType, LedgerEntry } from '../domain/ledger-entry.ts'
import type { EpochMs, KeyDigest } from '../domain/ids.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { Page, PageOf } from './page.ts'
import type { Scope } from './registry.ts'

/** What a line of the ledger names beside its key and its model. */
export type EntityKind = 'user' | 'team' | 'organization' | 'end_user' | 'tag'

export type EntityFilter = Readonly<Partial<Record<EntityKind, readonly string[]>>>

export interface DailyActivityQuery {
  /** Lines outside of it do not exist. A line is in scope by its user, its key, its team or its organisation. */
  readonly scope: Scope
  /** What the sums are broken down by. But for users, lines that name none are left out. */
  readonly by: EntityKind
  /** Of each kind, lines that name one of these. */
  readonly only: EntityFilter
  readonly except: EntityFilter
  /** With what it spent before it was rotated. */
  readonly key?: KeyDigest
  /** By its public name or its upstream's. */
  readonly model?: string
  /** The start of a day in UTC. */
  readonly from: EpochMs
  /** Exclusive; the start of a day in UTC. */
  readonly until: EpochMs
  /** Of days with a line, newest first. */
  readonly days: Pick<Page, 'page' | 'size'> | 'all'
}

/** What is summed of calls that agree in everything else. */
export interface ActivityPart {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
  /** As it is called since its last rotation. Undefined: the master key. */
  readonly key: KeyDigest | undefined
  /** As the key was called at a call. */
  readonly keyAlias: string | undefined
  readonly teamId: string | undefined
  /** A call has any number of tags, and at most one of everything else. */
  readonly entities: readonly string[]
  /** As the upstream knows it. */
  readonly model: string
  readonly modelGroup: string
  readonly provider: string
  readonly callType: CallType
  readonly spend: PicoUsd
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly successes: number
  readonly failures: number
}

export interface DailyActivity {
  /** Newest day first. */
  readonly parts: readonly ActivityPart[]
  /** On all pages. */
  readonly totalDays: number
}

export interface LineQuery extends Page {
  readonly scope: Scope
  readonly from: EpochMs
  /** Exclusive. */
  readonly until: EpochMs
  readonly sort: 'startTime' | 'endTime' | 'spend' | 'total_tokens'
  readonly requestId?: string
  readonly key?: KeyDigest
  readonly keyAlias?: string
  readonly only: EntityFilter
  readonly model?: string
  readonly deploymentId?: string
  readonly leastSpend?: PicoUsd
  readonly mostSpend?: PicoUsd
  readonly status?: LedgerEntry['status']
  readonly httpStatus?: string
  /** A part of the word for what went wrong. */
  readonly errorPart?: string
  readonly sessionId?: string
}

/** What was spent, for those who look at it. */
export interface SpendReports {
  dailyActivity(query: DailyActivityQuery): Promise<DailyActivity>
  lines(query: LineQuery): Promise<PageOf<LedgerEntry>>
}
