import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STORES, openDesk } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { thingsOf } from './support/things.ts'
import type { Json, Thing } from './support/things.ts'

/** Issue 3: no difference between what was sent and what is read, whatever field and whatever value of it. */
describe.each(STORES)('what was written is what is read, on the %s store', (store) => {
  let desk: Desk

  beforeAll(async () => {
    desk = await openDesk({ store, storesModels: true })
  })

  afterAll(() => desk.close())

  test.each([
    'key',
    'user',
    'team',
    'organization',
    'customer',
    'budget',
    'tag',
    'model',
    'credential',
    'access group',
  ])('%s', async (name) => {
    const thing = thingsOf(desk).find((each) => each.name === name)
    if (thing === undefined) throw new Error(`There is no ${name}.`)
    const blank = await thing.read(idOf(await thing.create({}), thing))
    for (const [field, values] of Object.entries(thing.fields)) {
      const given = (which: (typeof values)[number]): Json => (typeof which === 'function' ? which() : which)
      for (const value of values.map(given)) {
        const id = idOf(await thing.create({ [field]: value }), thing)
        expectSame({ made: { [field]: value } }, await thing.read(id), value)
      }
      const id = idOf(await thing.create({}), thing)
      for (const which of thing.update === undefined ? [] : [...values, ...values.toReversed()]) {
        const value = given(which)
        const { status, text } = (await thing.update?.(id, { [field]: value })) ?? { status: 0, text: '' }
        expect({ changed: { [field]: value }, status, text: status === 200 ? '' : text }).toMatchObject({ status: 200 })
        expectSame({ changed: { [field]: value } }, await thing.read(id), value)
      }

      function expectSame(how: object, row: unknown, sent: Json): void {
        const read = at(row, field, thing)
        if (saysNothing(sent, field, thing) && isDeepStrictEqual(read ?? null, at(blank, field, thing) ?? null)) return
        expect({ ...how, read: toldOf(read) }).toEqual({ ...how, read: sent })
      }
    }
  })
})

function idOf({ status, text, json }: Answer, thing: Thing | undefined): string {
  if (thing === undefined || (status !== 200 && status !== 201)) throw new Error(`${status}: ${text}`)
  return thing.idOf(json)
}

/** Neither of them says more than a new object does that nothing was said about. */
function saysNothing(sent: Json, field: string, thing: Thing | undefined): boolean {
  const isEmpty = typeof sent === 'object' && sent !== null && Object.keys(sent).length === 0
  return sent === null || sent === '' || (isEmpty && thing?.emptyIsNone?.includes(field) === true)
}

/** When the period ends is added to a budget, and was said by nobody. */
function toldOf(read: unknown): unknown {
  if (!Array.isArray(read)) return read
  return read.map((each: unknown) =>
    typeof each === 'object' && each !== null
      ? Object.fromEntries(Object.entries(each).filter(([name]) => name !== 'reset_at'))
      : each,
  )
}

function at(row: unknown, field: string, thing: Thing | undefined): unknown {
  let value = row
  for (const step of thing?.places?.[field] ?? field.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  }
  return value
}
