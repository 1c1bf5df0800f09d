import { Buffer } from 'node:buffer'
import { NO_MONEY, addUsd } from '../../domain/money.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { KeyFilter, KeyPage, VirtualKeys } from '../../ports/virtual-keys.ts'
import { type KeyRegister, lineageOf } from './key-register.ts'

export function memoryVirtualKeys(register: KeyRegister): VirtualKeys {
  const { rows, retired } = register

  function holdsAlias(key: VirtualKey, except = key.digest): boolean {
    if (key.alias === undefined) return false
    return [...rows.values()].some((other) => other.alias === key.alias && other.digest !== except)
  }

  return {
    async findKey(digest, now) {
      const row = rows.get(digest)
      if (row !== undefined) return { key: row, graceEndsAt: undefined }
      const earlier = retired.get(digest)
      const successor = earlier === undefined ? undefined : rows.get(earlier.successor)
      if (earlier?.graceEndsAt === undefined || successor === undefined || earlier.graceEndsAt <= now) return undefined
      return { key: successor, graceEndsAt: earlier.graceEndsAt }
    },
    async findByAlias(alias) {
      return [...rows.values()].find((row) => row.alias === alias)
    },
    async list(page) {
      const matching = [...rows.values()].filter((row) => matches(row, page.filter))
      const start = (page.page - 1) * page.size
      return { keys: inOrder(register, matching, page).slice(start, start + page.size), total: matching.length }
    },
    async insert(key) {
      if (rows.has(key.digest) || retired.has(key.digest)) return 'digest-taken'
      if (holdsAlias(key)) return 'alias-taken'
      rows.set(key.digest, key)
      return 'inserted'
    },
    async update(key, seen) {
      const current = rows.get(key.digest)
      if (current === undefined) return 'unknown'
      if (seen !== undefined && current.updatedAt !== seen) return 'changed'
      if (holdsAlias(key)) return 'alias-taken'
      rows.set(key.digest, key)
      return 'updated'
    },
    async rotate({ from, to, seen, graceEndsAt }) {
      const current = rows.get(from)
      if (current === undefined) return 'unknown'
      if (seen !== undefined && current.updatedAt !== seen) return 'changed'
      if (rows.has(to.digest) || retired.has(to.digest)) return 'digest-taken'
      if (holdsAlias(to, from)) return 'alias-taken'
      for (const earlier of lineageOf(register, from)) {
        retired.set(earlier, { successor: to.digest, graceEndsAt: earlier === from ? graceEndsAt : undefined })
      }
      rows.delete(from)
      rows.set(to.digest, to)
      return 'rotated'
    },
    async delete(digests) {
      if (digests.some((digest) => !rows.has(digest))) return 'unknown'
      for (const digest of digests) rows.delete(digest)
      return 'deleted'
    },
  }
}

function matches(row: VirtualKey, { userId, alias, digest }: KeyFilter): boolean {
  if (userId !== undefined && row.userId !== userId) return false
  if (alias !== undefined && row.alias !== alias) return false
  return digest === undefined || row.digest === digest
}

type SortValue = string | number | bigint | undefined

function inOrder(register: KeyRegister, keys: readonly VirtualKey[], { sort, order }: KeyPage): readonly VirtualKey[] {
  const valued = keys.map((key) => ({ key, value: sortValue(register, key, sort) }))
  valued.sort((a, b) => compareValues(a.value, b.value, order) || compare(a.key.digest, b.key.digest))
  return valued.map(({ key }) => key)
}

function sortValue(register: KeyRegister, key: VirtualKey, sort: KeyPage['sort']): SortValue {
  switch (sort) {
    case 'created_at':
      return key.createdAt
    case 'updated_at':
      return key.updatedAt
    case 'token':
      return key.digest
    case 'key_alias':
      return key.alias
    case 'spend':
      return lineageOf(register, key.digest).reduce(
        (sum, digest) => addUsd(sum, register.spend.get(digest) ?? NO_MONEY),
        NO_MONEY,
      )
  }
}

/** Absent values come last in either order. */
function compareValues(a: SortValue, b: SortValue, order: KeyPage['order']): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return order === 'asc' ? compare(a, b) : compare(b, a)
}

/** Text by its UTF-8 bytes, as the database sorts it. */
function compare(a: string | number | bigint, b: string | number | bigint): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return Number(a > b) - Number(a < b)
}
