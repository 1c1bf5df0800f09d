import type { KeyDigest } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import type { VirtualKey } from '../../src/domain/virtual-key.ts'
import type { Page, PageOf } from '../../src/ports/page.ts'
import type { KeyQuery, Scope } from '../../src/ports/registry.ts'
import type { ActivityPart, ActivityQuery, EntityFilter, EntityKind, LineQuery } from '../../src/ports/spend-reports.ts'

/** What lists are to say, worked out by looking at everything that there is. */
export class NaiveBooks {
  readonly entries: LedgerEntry[] = []
  readonly keys = new Map<KeyDigest, VirtualKey>()
  readonly successors = new Map<KeyDigest, KeyDigest>()
  readonly forgiven = new Map<KeyDigest, bigint>()

  rotate(from: KeyDigest, to: VirtualKey): void {
    this.keys.delete(from)
    this.keys.set(to.digest, to)
    for (const [earlier, successor] of this.successors) if (successor === from) this.successors.set(earlier, to.digest)
    this.successors.set(from, to.digest)
  }

  isTaken(digest: KeyDigest): boolean {
    return this.keys.has(digest) || this.successors.has(digest)
  }

  spentBy(digest: KeyDigest): bigint {
    let spent = 0n
    for (const { payer, amount } of this.entries) {
      if (payer.kind === 'key' && this.#nowOf(payer.digest) === digest) spent += amount
    }
    for (const [payer, amount] of this.forgiven) if (this.#nowOf(payer) === digest) spent -= amount
    return spent
  }

  listKeys(query: KeyQuery): PageOf<KeyDigest> {
    const found = [...this.keys.values()].filter(
      (key) =>
        (query.teamId === undefined || key.teamId === query.teamId) &&
        (query.aliasPart === undefined || contains(key.alias, query.aliasPart)),
    )
    const values: Readonly<Record<KeyQuery['sort'], (key: VirtualKey) => bigint | number | string | undefined>> = {
      spend: (key) => this.spentBy(key.digest),
      max_budget: (key) => key.limits.maxBudget,
      created_at: (key) => key.createdAt,
      updated_at: (key) => key.updatedAt,
      token: (key) => key.digest,
      key_alias: (key) => key.alias,
    }
    return pageOf(
      found.map(({ digest }) => digest),
      query,
      (digest) => {
        const key = this.keys.get(digest)
        return key === undefined ? undefined : values[query.sort](key)
      },
    )
  }

  listLines(query: LineQuery): PageOf<string> {
    const values: Readonly<Record<LineQuery['sort'], (entry: LedgerEntry) => bigint | number>> = {
      startTime: ({ startedAt }) => startedAt,
      endTime: ({ endedAt }) => endedAt,
      spend: ({ amount }) => amount,
      total_tokens: ({ usage }) => usage.inputTokens + usage.outputTokens,
    }
    const found = new Map(
      this.#linesOf(query).flatMap((entry) => (fits(entry, query) ? [[entry.entryId as string, entry]] : [])),
    )
    return pageOf([...found.keys()], query, (id) => {
      const entry = found.get(id)
      return entry === undefined ? undefined : values[query.sort](entry)
    })
  }

  sumDays(query: ActivityQuery): readonly ActivityPart[] {
    const parts = new Map<string, ActivityPart>()
    for (const entry of this.#linesOf(query)) {
      const entities = namesOf(entry, query.by)
      if (query.by !== 'user' && entities.length === 0) continue
      const { model } = query
      if (model !== undefined && entry.modelGroup !== model && entry.upstreamModel !== model) continue
      if (entities.some((id) => query.except.includes(id))) continue
      const day = new Date(entry.startedAt).toISOString().slice(0, 10)
      const key = entry.payer.kind === 'key' ? this.#nowOf(entry.payer.digest) : undefined
      const { teamId, upstreamModel, modelGroup, provider, callType, usage } = entry
      const name = JSON.stringify([day, key, teamId, entities, upstreamModel, modelGroup, provider, callType])
      const alias = entry.payer.kind === 'key' ? entry.payer.alias : undefined
      const known = parts.get(name)
      parts.set(name, {
        day,
        key,
        teamId,
        entities,
        model: upstreamModel,
        modelGroup,
        provider,
        callType,
        keyAlias: latest(known?.keyAlias, alias),
        spend: ((known?.spend ?? 0n) + entry.amount) as ActivityPart['spend'],
        promptTokens: (known?.promptTokens ?? 0) + usage.inputTokens,
        completionTokens: (known?.completionTokens ?? 0) + usage.outputTokens,
        cacheReadTokens: (known?.cacheReadTokens ?? 0) + usage.cachedInputTokens,
        cacheWriteTokens: (known?.cacheWriteTokens ?? 0) + usage.cacheWriteInputTokens,
        successes: (known?.successes ?? 0) + (entry.status === 'success' ? 1 : 0),
        failures: (known?.failures ?? 0) + (entry.status === 'failure' ? 1 : 0),
      })
    }
    return [...parts.values()]
  }

  #linesOf({ scope, from, until, key, only }: Pick<LineQuery, 'scope' | 'from' | 'until' | 'key' | 'only'>) {
    return this.entries.filter(
      (entry) =>
        entry.startedAt >= from &&
        entry.startedAt < until &&
        this.#isIn(scope, entry) &&
        (key === undefined || this.#isOf(key, entry)) &&
        namesAll(entry, only),
    )
  }

  #isIn(scope: Scope, entry: LedgerEntry): boolean {
    if (scope.sees === 'all') return true
    const { userId, keyDigest, teams, organizations } = scope
    return (
      (userId !== undefined && entry.userId === userId) ||
      (keyDigest !== undefined && this.#isOf(keyDigest, entry)) ||
      (entry.teamId !== undefined && teams.includes(entry.teamId)) ||
      (entry.organizationId !== undefined && organizations.includes(entry.organizationId))
    )
  }

  #isOf(key: KeyDigest, { payer }: LedgerEntry): boolean {
    return payer.kind === 'key' && (payer.digest === key || this.successors.get(payer.digest) === key)
  }

  #nowOf(digest: KeyDigest): KeyDigest {
    return this.successors.get(digest) ?? digest
  }
}

function fits(entry: LedgerEntry, query: LineQuery): boolean {
  const same = [
    [query.requestId, entry.requestId],
    [query.keyAlias, entry.payer.kind === 'key' ? entry.payer.alias : undefined],
    [query.deploymentId, entry.deploymentId],
    [query.httpStatus, `${entry.httpStatus}`],
    [query.sessionId, entry.sessionId],
    [query.status, entry.status],
  ]
  return (
    same.every(([wanted, is]) => wanted === undefined || wanted === is) &&
    (query.model === undefined || [entry.modelGroup, entry.upstreamModel].includes(query.model)) &&
    (query.errorPart === undefined || contains(entry.errorClass, query.errorPart)) &&
    (query.leastSpend === undefined || entry.amount >= query.leastSpend) &&
    (query.mostSpend === undefined || entry.amount <= query.mostSpend)
  )
}

function namesOf(entry: LedgerEntry, kind: EntityKind): readonly string[] {
  if (kind === 'tag') return [...new Set(entry.tags)]
  const { userId, teamId, organizationId, endUserId } = entry
  const id = { user: userId, team: teamId, organization: organizationId, end_user: endUserId }[kind]
  return id === undefined ? [] : [id]
}

const KINDS: readonly EntityKind[] = ['user', 'team', 'organization', 'end_user', 'tag']

function namesOne(entry: LedgerEntry, filter: EntityFilter, kind: EntityKind): boolean {
  return namesOf(entry, kind).some((id) => filter[kind]?.includes(id) === true)
}

function namesAll(entry: LedgerEntry, filter: EntityFilter): boolean {
  return KINDS.every((kind) => filter[kind] === undefined || namesOne(entry, filter, kind))
}

function contains(text: string | undefined, part: string): boolean {
  return text !== undefined && text.toLowerCase().includes(part.toLowerCase())
}

function latest(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one > other ? one : other
}

type Value = bigint | number | string | undefined

/** What has no value comes last in either order; what is alike goes by the id. */
function pageOf<Id extends string>(ids: readonly Id[], page: Page, valueOf: (id: Id) => Value): PageOf<Id> {
  const sorted = ids.toSorted((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)]
    if (a === b) return one < other ? -1 : 1
    if (a === undefined || b === undefined) return a === undefined ? 1 : -1
    return a < b === (page.order === 'asc') ? -1 : 1
  })
  const from = (page.page - 1) * page.size
  return { rows: sorted.slice(from, from + page.size), total: ids.length }
}
