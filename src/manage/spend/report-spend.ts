import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { NO_MONEY, addUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { ActivitySums, ActivityTrait, EntityFilter, EntityKind, SummedPart } from '../../ports/spend-reports.ts'
import { nameActivity } from './name-activity.ts'
import type { ActivityNames } from './name-activity.ts'
import { digestNamed } from '../keys/name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { allDays, lastDays, readDays } from './read-days.ts'
import { SPEND_LOGS } from './read-spend.ts'
import { spendScopeOf } from './spend-scope.ts'

export interface ReportAsk<Trait extends ActivityTrait> extends ActivitySums<Trait> {
  readonly by: EntityKind
  readonly only?: EntityFilter
  /** A key, in full or by its digest. */
  readonly key?: string | undefined
  readonly startDate?: string | undefined
  readonly endDate?: string | undefined
  /** Where no dates are given: the last thirty days, or all that there are. */
  readonly otherwise: 'month' | 'ever'
}

export interface SpendParts<Trait extends ActivityTrait> {
  readonly parts: readonly SummedPart<Trait>[]
  readonly names: ActivityNames
}

const MONTH = 30

/** The parts that reports are summed from, as far as the caller sees them. */
export async function readSpendParts<Trait extends ActivityTrait>(
  { by, only = {}, key, startDate, endDate, otherwise, ...sums }: ReportAsk<Trait>,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<SpendParts<Trait>>> {
  const range = readDays(startDate, endDate)
  if (range.verdict === 'deny') return range
  const now = ports.clock.now()
  const days = range.granted ?? (otherwise === 'month' ? lastDays(MONTH, now) : allDays(now))
  const digest = key === undefined ? undefined : digestNamed(key, ports.digests)
  const isUnknown = key !== undefined && digest === undefined
  const parts = isUnknown
    ? []
    : await ports.ledger.sumActivity(
        {
          scope: spendScopeOf(ask, SPEND_LOGS),
          by,
          only,
          except: [],
          ...(digest === undefined ? {} : { key: digest }),
          ...days,
        },
        sums,
      )
  return allow({ parts, names: await nameActivity(parts, by, ports) })
}

export type TagRanksAsk = Pick<ReportAsk<'entities'>, 'startDate' | 'endDate' | 'otherwise'> & {
  /** Absent: all that were brought along. */
  readonly tags: readonly string[] | undefined
}

/** Tags by what was spent under them, only those that were asked for: their calls may have brought others along. */
export async function rankTags(
  { tags, ...range }: TagRanksAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly Ranked<string, SummedPart<'entities'>>[]>> {
  const only = tags === undefined ? {} : { tag: tags }
  const read = await readSpendParts({ by: 'tag', apart: ['entities'], only, ...range }, ask, ports)
  if (read.verdict === 'deny') return read
  const ranked = rankBy(read.granted.parts, ({ entities }) => entities)
  return allow(ranked.filter(({ name }) => tags?.includes(name) ?? true))
}

export interface Ranked<Name, Part extends SummedPart> {
  readonly name: Name
  readonly spend: PicoUsd
  readonly calls: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly parts: readonly Part[]
}

/** By what was spent, most first. A part with several names counts for each of them. */
export function rankBy<Name, Part extends SummedPart>(
  parts: readonly Part[],
  namesOf: (part: Part) => readonly Name[],
): readonly Ranked<Name, Part>[] {
  const named = parts.flatMap((part) => namesOf(part).map((name) => ({ name, part })))
  return [...Map.groupBy(named, ({ name }) => name)]
    .map(([name, those]) =>
      total(
        name,
        those.map(({ part }) => part),
      ),
    )
    .toSorted((one, other) => (one.spend === other.spend ? 0 : one.spend < other.spend ? 1 : -1))
}

function total<Name, Part extends SummedPart>(name: Name, parts: readonly Part[]): Ranked<Name, Part> {
  return {
    name,
    spend: parts.reduce((sum, part) => addUsd(sum, part.spend), NO_MONEY),
    calls: parts.reduce((sum, part) => sum + part.successes + part.failures, 0),
    promptTokens: parts.reduce((sum, part) => sum + part.promptTokens, 0),
    completionTokens: parts.reduce((sum, part) => sum + part.completionTokens, 0),
    parts,
  }
}
