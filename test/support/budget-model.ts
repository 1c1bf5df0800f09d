import { expect } from 'vitest'
import type { BudgetLevel } from '../../src/domain/budget-level.ts'
import { parseTeamId } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { writeLedgerLine } from '../../src/domain/ledger-line.ts'
import { picoUsd } from '../../src/domain/money.ts'
import type { Budgets } from '../../src/ports/budgets.ts'
import type { LedgerStore } from '../../src/ports/ledger.ts'
import { digestOf, entryIdOf, holdIdFor, makeEntry, NOON } from './entries.ts'

const team = parseTeamId('team-1')

interface OpenBudgets {
  readonly budgets: Budgets
  readonly hasty: Budgets
  readonly ledger: LedgerStore
  readonly accounts: () => Promise<readonly { id: string; spent: bigint; held: bigint }[]>
}

type Step =
  | {
      readonly do: 'reserve'
      readonly key: number
      readonly withTeam: boolean
      readonly isHasty: boolean
      readonly least: bigint
      readonly more: bigint
    }
  | { readonly do: 'settle'; readonly hold: number; readonly amount: bigint }
  | { readonly do: 'release'; readonly hold: number }
  | { readonly do: 'line'; readonly key: number; readonly amount: bigint }

interface ModelHold {
  readonly number: number
  readonly key: number
  readonly ids: readonly string[]
  readonly amount: bigint
}

/** What budgets promise, in the simplest words. */
export class BudgetModel {
  readonly #today: BudgetLevel['window']
  readonly #limit = 60n
  readonly #spent = new Map<string, bigint>()
  readonly #asked = new Set<string>()
  readonly #holds: ModelHold[] = []

  constructor(today: BudgetLevel['window']) {
    this.#today = today
  }

  #taken(id: string): bigint {
    const held = this.#holds.filter(({ ids }) => ids.includes(id)).reduce((sum, { amount }) => sum + amount, 0n)
    return (this.#spent.get(id) ?? 0n) + held
  }

  async run(step: Step, index: number, store: OpenBudgets): Promise<void> {
    switch (step.do) {
      case 'reserve': {
        const ids = [digestOf(step.key) as string, ...(step.withTeam ? ['team-1'] : [])]
        const levels = ids.map((id, n): BudgetLevel => ({
          kind: n === 0 ? 'key' : 'team',
          id,
          limit: picoUsd(this.#limit),
          window: n === 0 ? undefined : this.#today,
        }))
        for (const id of ids) this.#asked.add(id)
        const room = ids.map((id) => this.#limit - this.#taken(id)).reduce((a, b) => (a < b ? a : b))
        const most = step.least + step.more
        const ask = {
          holdId: holdIdFor(index),
          at: NOON,
          levels,
          least: picoUsd(step.least),
          most: picoUsd(most),
        }
        const got = await (step.isHasty ? store.hasty : store.budgets).reserve(ask)
        expect(got.verdict).toBe(room >= step.least ? 'held' : 'refused')
        if (got.verdict === 'held') {
          expect(got.amount).toBe(room < most ? room : most)
          this.#holds.push({ number: index, key: step.key, ids, amount: got.amount })
        } else {
          expect(got.spent + got.held).toBe(this.#taken(got.level.id))
        }
        return
      }
      case 'settle': {
        const [hold] = this.#holds.splice(step.hold % (this.#holds.length || 1), 1)
        if (hold === undefined) return
        const amount = step.amount < hold.amount ? step.amount : hold.amount
        await this.#write(index, hold.key, amount, store, { holdId: holdIdFor(hold.number) })
        return
      }
      case 'release': {
        const [hold] = this.#holds.splice(step.hold % (this.#holds.length || 1), 1)
        if (hold !== undefined) await store.budgets.release(holdIdFor(hold.number))
        return
      }
      case 'line':
        await this.#write(index, step.key, step.amount, store, {})
    }
  }

  /** Every line is of the team as well. */
  async #write(
    index: number,
    key: number,
    amount: bigint,
    store: OpenBudgets,
    more: Partial<LedgerEntry>,
  ): Promise<void> {
    for (const id of [digestOf(key), 'team-1']) this.#spent.set(id, (this.#spent.get(id) ?? 0n) + amount)
    const payer = { kind: 'key', digest: digestOf(key), alias: undefined } as const
    const entry = makeEntry(index, { entryId: entryIdOf(index), amount: picoUsd(amount), teamId: team, payer, ...more })
    await store.ledger.keep([writeLedgerLine(entry)])
    await store.ledger.keep([writeLedgerLine(entry)])
  }

  async isTrueOf(store: OpenBudgets): Promise<boolean> {
    const accounts = await store.accounts()
    expect(accounts.map(({ id }) => id).toSorted()).toEqual([...this.#asked].toSorted())
    for (const { id, spent, held } of accounts) expect([id, spent + held]).toEqual([id, this.#taken(id)])
    return true
  }
}
