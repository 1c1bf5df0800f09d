import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadYaml, settingsOf, told } from '../../../test/support/load-yaml.ts'
import { parseClaimPath } from './claim-field.ts'

const KEY = 'general_settings.litellm_jwtauth.team_id_jwt_field'
const with_ = (path: string): string =>
  JSON.stringify({
    general_settings: {
      enable_jwt_auth: true,
      litellm_jwtauth: { issuers: [{ issuer: 'https://idp.example.com', audience: 'a' }], team_id_jwt_field: path },
    },
  })

test.each([
  ['sub', ['sub']],
  ['user.sub', ['user', 'sub']],
  ['kubernetes\\.io.namespace', ['kubernetes.io', 'namespace']],
  ['https://example\\.com/groups', ['https://example.com/groups']],
  ['a\\b.c', ['a\\b', 'c']],
])('AT-064, AT-065: %s reads %j', (text, path) => {
  expect(parseClaimPath(text)).toEqual(path)
})

test('any names, with their dots escaped and joined by dots, come back', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !/[\\\u0000]/.test(text))
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (names) => {
      expect(parseClaimPath(names.map((each) => each.replaceAll('.', '\\.')).join('.'))).toEqual(names)
    }),
  )
})

describe('AC-033: what cannot be the path of a claim stops the start', () => {
  test.each([
    ['__proto__', /__proto__ cannot be part of a path/],
    ['a.constructor.b', /constructor cannot be part/],
    ['prototype.x', /prototype cannot be part/],
    ['a.b.c.d.e.f.g.h.i', /at most 8 names/],
    ['a..b', /not the path of a claim/],
    ['.a', /not the path of a claim/],
    ['a.', /not the path of a claim/],
    ['a .b', /not the path of a claim/],
    ['a\u0007', /not the path of a claim/],
    ['_litellm_team_id', /never read/],
    ['x'.repeat(257), /at most 256 characters/],
  ])('%j', (path, says) => {
    const loaded = loadYaml(with_(path))
    expect(loaded.settings).toBeUndefined()
    expect(told(loaded, 'error')).toEqual([expect.stringMatching(says)])
    expect(told(loaded, 'error')[0]).toContain(KEY)
  })

  test('eight names are fine', () => {
    expect(loadYaml(with_('a.b.c.d.e.f.g.h')).settings).toBeDefined()
  })
})

test.each(['roles.0', 'roles[0]'])(
  'AT-067, AT-068: %s starts with a warning, and its text is kept for the hint',
  (path) => {
    const loaded = loadYaml(with_(path))
    expect(told(loaded, 'warning')).toEqual([expect.stringContaining('by number')])
    expect(loaded.settings?.tokens?.policy).toBeDefined()
    expect(loaded.settings?.tokens?.issuers[0]?.fields.teamId).toMatchObject({
      text: path,
      setting: 'team_id_jwt_field',
    })
  },
)

test('D-35: metadata. is a claim like any other, and that is noted', () => {
  const text = with_('metadata.team')
  expect(told(loadYaml(text), 'note')).toEqual([expect.stringContaining('the prefix is not taken away')])
  expect(settingsOf(text).tokens?.issuers[0]?.fields.teamId?.path).toEqual(['metadata', 'team'])
})

test('an address that is cut at its dots starts with a warning, and one with escaped dots does not', () => {
  for (const path of ['https://example.com/groups', 'http://claims.example.com/x.y'])
    expect(told(loadYaml(with_(path)), 'warning')).toEqual([expect.stringContaining('Each dot leads into an object')])
  for (const path of ['https://example\\.com/groups', 'https://example\\.com/app.groups', 'http://localhost/groups'])
    expect(told(loadYaml(with_(path)), 'warning')).toEqual([])
})
