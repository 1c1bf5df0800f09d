import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import type { JsonObject } from '../../domain/json.ts'
import { NOBODY } from '../../domain/principal.ts'
import { missingParam } from './decide-enforced-params.ts'

function missing(enforcedParams: readonly string[], body: JsonObject, operatorWants: readonly string[] = []) {
  const key = makeKey(1, { enforcedParams })
  return missingParam({ kind: 'virtual-key', key, standing: NOBODY, bearer: undefined }, body, operatorWants)
}

test.each([[undefined], [null], [''], [' \t'], [[]], [{}]])('INV-04: %j is as good as absent', (said) => {
  const body = { ...(said === undefined ? {} : { user: said }), metadata: { team: said ?? null } }
  expect(missing(['user'], body)).toBe('user')
  expect(missing(['metadata.team'], body)).toBe('metadata.team')
  expect(missing([], body, ['user'])).toBe('user')
})

test.each([['ann'], [0], [false], [['a']], [{ a: null }]])('%j is said', (said) => {
  expect(missing(['user', 'metadata.team'], { user: said, metadata: { team: said } }, ['user'])).toBeUndefined()
})

test('what is no object has nothing inside', () => {
  for (const metadata of ['team', ['team'], 1]) expect(missing(['metadata.team'], { metadata })).toBe('metadata.team')
  expect(missing(['metadata.constructor'], { metadata: { team: 'x' } })).toBe('metadata.constructor')
})
