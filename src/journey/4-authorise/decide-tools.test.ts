import { describe, expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makeTeam } from '../../../test/support/rows.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { decideTools } from './decide-tools.ts'

const holder = (ofKey: JsonObject, ofTeam?: JsonObject): Principal => ({
  kind: 'virtual-key',
  key: makeKey(1, { metadata: ofKey }),
  standing: { ...NOBODY, team: ofTeam === undefined ? undefined : makeTeam('t', { metadata: ofTeam }) },
  bearer: undefined,
})
const offers = (tools: JsonValue, name = 'tools'): readonly JsonObject[] => [{ [name]: tools }]
const fn = (name: string): JsonObject => ({ type: 'function', function: { name } })
const only = (...names: string[]): JsonObject => ({ allowed_tools: names })

describe('AT-222: tools outside the allow-list', () => {
  test('are refused by name, as clients know it', () => {
    expect(decideTools(holder(only('search')), offers([fn('search'), fn('pay'), fn('pay')]))).toEqual({
      verdict: 'deny',
      problem: 'tool-denied',
      because: 'tool_denied',
      say: "Tool(s) ['pay'] are not in the allowed tools list for this key/team.",
    })
  })

  test.each<[string, JsonValue, string?]>([
    ['of the responses API', [{ type: 'function', name: 'pay' }]],
    ['of the older way', [{ name: 'pay' }], 'functions'],
    ['custom ones', [{ type: 'custom', custom: { name: 'pay' } }]],
    ['of the provider', [{ type: 'web_search' }]],
    ['without a name', [{ type: 'function', function: {} }]],
    ['that are none', ['pay']],
    ['that are no list', { type: 'function', function: { name: 'search' } }],
    ['of the provider with another name', [{ type: 'web_search', name: 'search' }]],
    ['with two other names', [{ name: 'pay', function: { name: 'search' } }]],
    ['with two names', [{ type: 'function', name: 'search', function: { name: 'pay' } }]],
  ])('%s as well', (_what, tools, member) => {
    expect(decideTools(holder(only('search')), offers(tools, member)).verdict).toBe('deny')
  })

  test('those that are in it are not, nor anything without a list or with an empty one', () => {
    const tools = offers([fn('search'), { type: 'web_search' }])
    for (const principal of [
      holder(only('search', 'web_search')),
      holder({}),
      holder(only()),
      holder({}, {}),
      { kind: 'master' } as const,
    ])
      expect(decideTools(principal, tools).verdict).toBe('allow')
    expect(decideTools(holder(only('search')), []).verdict).toBe('allow')
    expect(decideTools(holder(only('search')), offers(null)).verdict).toBe('allow')
  })

  test('a key is no way around its team, nor the team around its key', () => {
    const wide = only('search', 'pay')
    expect(decideTools(holder(wide, only('search')), offers([fn('pay')])).verdict).toBe('deny')
    expect(decideTools(holder(only('search'), wide), offers([fn('pay')])).verdict).toBe('deny')
    expect(decideTools(holder({}, only('search')), offers([fn('pay')])).verdict).toBe('deny')
    expect(decideTools(holder(wide, wide), offers([fn('pay')])).verdict).toBe('allow')
  })

  test('a list of something else lets no tool through', () => {
    for (const list of ['search', { search: true }, [1], 7])
      expect(decideTools(holder({ allowed_tools: list }), offers([fn('pay')])).verdict).toBe('deny')
  })
})
