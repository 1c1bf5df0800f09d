import type { CallType, LedgerEntry } from '../domain/ledger-entry.ts'
import type { EpochMs, KeyDigest } from '../domain/ids.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { Page, PageOf } from './page.ts'
import type { Scope } from './registry.ts'

/** What a line of the ledger names beside its key and its model. */
export type EntityKind = 'user' | 'team' | 'organization' | 'end_user' | 'tag'

export type EntityFilter = Readonly<Partial<Record<EntityKind, readonly string[]>>>

export interface ActivityQuery {
  /** Lines outside of it do not exist. A line is in scope by its user, its key, its team or its organisation. */
  readonly scope: Scope
  /** What the sums are broken down by. But for users, lines that name none are left out. */
  readonly by: EntityKind
  /** Of each kind, lines that name one of these. */
  readonly only: EntityFilter
  /** Lines that name one of these, of the kind that the sums are broken down by, are left out. */
  readonly except: readonly string[]
  /** With what it spent before it was rotated. */
  readonly key?: KeyDigest
  /** By its public name or its upstream's. */
  readonly model?: string
  /** The start of a day in UTC. */
  readonly from: EpochMs
  /** Exclusive; the start of a day in UTC. */
  readonly until: EpochMs
}

/** What is summed of calls that agree in everything else. */
export interface ActivityPart {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
  /** As it is called since its last rotation. Undefined: the master key. */
  readonly key: KeyDigest | undefined
  /** The sum of keys that are not told apart. */
  readonly isOfOtherKeys?: true
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

/** What parts can be told apart by. */
export type ActivityTrait = 'day' | 'key' | 'teamId' | 'entities' | 'model' | 'modelGroup' | 'provider' | 'callType'

export interface ActivitySums<Trait extends ActivityTrait = ActivityTrait> {
  /** Parts that agree in these are one, which says nothing of what else they differ in. */
  readonly apart: readonly Trait[]
  /** Only so many, those on which most was spent. */
  readonly most?: number | undefined
}

/** `keyAlias`: where keys are told apart. */
export type SummedPart<Trait extends ActivityTrait = never> = Pick<ActivityPart, Trait | 'keyAlias' | AmountName>

type AmountName =
  | 'spend'
  | 'promptTokens'
  | 'completionTokens'
  | 'cacheReadTokens'
  | 'cacheWriteTokens'
  | 'successes'
  | 'failures'

/** All of a report, in which only the keys and entities that spent most are told apart. */
export interface TopActivity {
  /** Newest day first. */
  readonly parts: readonly ActivityPart[]
  /** How many there are. */
  readonly keys: number
  readonly entities: number
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
  /** A page of what was spent by the day, newest day first. A day may begin on one page and end on another. */
  dailyActivity(query: ActivityQuery, page: Pick<Page, 'page' | 'size'>): Promise<PageOf<ActivityPart>>
  /** Those on which most was spent first. */
  sumActivity<Trait extends ActivityTrait>(
    query: ActivityQuery,
    sums: ActivitySums<Trait>,
  ): Promise<readonly SummedPart<Trait>[]>
  topActivity(query: ActivityQuery, most: number): Promise<TopActivity>
  lines(query: LineQuery): Promise<PageOf<LedgerEntry>>
}
