import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadYaml, told } from '../../test/support/load-yaml.ts'
import { ALL_TABLES } from './all-tables.ts'
import { knownNames } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { ENV_TABLE } from './known-environment.ts'
import { GENERAL_TABLE } from './known-general-settings.ts'
import { PARAMS_TABLE } from './known-litellm-params.ts'
import { LITELLM_TABLE } from './known-litellm-settings.ts'
import { INFO_TABLE, MODEL_TABLE } from './known-model-info.ts'
import { COMPAT_TABLE, CREDENTIAL_TABLE } from './known-own-sections.ts'
import { ROUTER_TABLE } from './known-router-settings.ts'
import { TOP_LEVEL_TABLE } from './known-top-level.ts'
import { loadSettings } from './load.ts'
import { ENDPOINT_TABLE } from './pass-through/known-pass-through.ts'
import { JWT_AUTH_TABLE } from './tokens/known-jwt-auth.ts'
import { TOKEN_LIST_TABLES } from './tokens/known-token-lists.ts'
import { ISSUER_TABLE } from './tokens/known-token-origins.ts'

const fixture = (name: string): string => join(import.meta.dirname, '__fixtures__', name)
const HONOURED = fixture('every-honoured-key.yaml')
const MOOT = fixture('every-moot-key.yaml')
const UNSUPPORTED = fixture('every-unsupported-key.yaml')

interface JwtFile {
  readonly general_settings: Readonly<Record<string, unknown>> & {
    readonly litellm_jwtauth: Readonly<Record<string, readonly object[]>>
  }
}

/** A table, where its keys stand in a file, and how to write one of them there. */
const SECTIONS: readonly {
  readonly table: KeyTable
  readonly pick: (file: never) => readonly unknown[]
  readonly path: string
  readonly write: (key: string) => string
}[] = [
  { table: TOP_LEVEL_TABLE, pick: (file: object) => [file], path: '', write: (key) => key },
  section(GENERAL_TABLE),
  section(LITELLM_TABLE),
  section(ROUTER_TABLE),
  section(COMPAT_TABLE),
  {
    table: MODEL_TABLE,
    pick: (file: { model_list: object[] }) => file.model_list,
    path: 'model_list[0].',
    write: (key) => `{ model_list: [{ ${key} }] }`,
  },
  {
    table: PARAMS_TABLE,
    pick: (file: { model_list: { litellm_params: object }[] }) => file.model_list.map((each) => each.litellm_params),
    path: 'model_list[0].litellm_params.',
    write: (key) => `{ model_list: [{ model_name: m, litellm_params: { ${key} } }] }`,
  },
  {
    table: INFO_TABLE,
    pick: (file: { model_list: { model_info?: object }[] }) => file.model_list.map((each) => each.model_info ?? {}),
    path: 'model_list[0].model_info.',
    write: (key) => `{ model_list: [{ model_name: m, litellm_params: { model: m }, model_info: { ${key} } }] }`,
  },
  {
    table: ENDPOINT_TABLE,
    pick: (file: { general_settings: { pass_through_endpoints?: object[] } }) =>
      file.general_settings.pass_through_endpoints ?? [],
    path: 'general_settings.pass_through_endpoints[0].',
    write: (key) => `{ general_settings: { pass_through_endpoints: [{ ${key} }] } }`,
  },
  {
    table: JWT_AUTH_TABLE,
    pick: (file: JwtFile) => [file.general_settings.litellm_jwtauth],
    path: 'general_settings.litellm_jwtauth.',
    write: (key) => `{ general_settings: { enable_jwt_auth: true, litellm_jwtauth: { ${key} } } }`,
  },
  {
    table: ISSUER_TABLE,
    pick: (file: JwtFile) => file.general_settings.litellm_jwtauth['issuers'] ?? [],
    path: 'general_settings.litellm_jwtauth.issuers[0].',
    write: (key) => `{ general_settings: { enable_jwt_auth: true, litellm_jwtauth: { issuers: [{ ${key} }] } } }`,
  },
  ...[...TOKEN_LIST_TABLES].map(([name, table]) => ({
    table,
    pick: ({ general_settings: { litellm_jwtauth: jwt, ...general } }: JwtFile) =>
      (jwt[name] ?? general[name] ?? []) as readonly object[],
    path: `${table.section.replace('[]', '[0]')}.`,
    write: (key: string) =>
      name === 'role_permissions'
        ? `{ general_settings: { enable_jwt_auth: true, role_permissions: [{ ${key} }] } }`
        : `{ general_settings: { enable_jwt_auth: true, litellm_jwtauth: { ${name}: [{ ${key} }] } } }`,
  })),
  {
    table: CREDENTIAL_TABLE,
    pick: (file: { credential_list?: object[] }) => file.credential_list ?? [],
    path: 'credential_list[0].',
    write: (key) => `{ credential_list: [{ ${key} }] }`,
  },
]

function section(table: KeyTable) {
  return {
    table,
    pick: (file: Record<string, object>) => [file[table.section] ?? {}],
    path: `${table.section}.`,
    write: (key: string) => `{ ${table.section}: { ${key} } }`,
  }
}

function keysIn(path: string, pick: (file: never) => readonly unknown[]): readonly string[] {
  const sections = pick(parse(readFileSync(path, 'utf8')) as never)
  return sections.flatMap((each) => Object.keys(each as object))
}

test('a key has one fate: no table knows a name twice', () => {
  for (const table of ALL_TABLES) {
    const names = knownNames(table)
    expect([...new Set(names)], table.section).toEqual(names)
  }
})

describe.each(SECTIONS)('$table.section', ({ table, pick, path, write }) => {
  test('the fixtures use every key', () => {
    expect(keysIn(HONOURED, pick)).toEqual(expect.arrayContaining(table.honoured.map(({ name }) => name)))
    expect(keysIn(MOOT, pick)).toEqual(expect.arrayContaining(Object.keys(table.moot)))
    expect(keysIn(UNSUPPORTED, pick)).toEqual(expect.arrayContaining(Object.keys(table.unsupported)))
  })

  test('every honoured key is really read: nonsense in it is an error on its path', () => {
    for (const { name } of table.honoured) {
      const loaded = loadYaml(write(`${name}: [[[]]]`))
      const errors = loaded.findings.filter(({ severity }) => severity === 'error')
      expect(
        errors.map(({ key }) => key).some((key) => key.startsWith(`${path}${name}`)),
        name,
      ).toBe(true)
      expect(loaded.settings).toBeUndefined()
    }
  })

  test('a key that nobody knows is an error', () => {
    if (table === INFO_TABLE) return
    const errors = told(loadYaml(write('zzzz: 1')), 'error')
    expect(errors.length).toBeGreaterThan(0)
  })
})

test('a file of honoured keys is accepted; nothing in it is worth more than a note', () => {
  const { settings, findings } = loadSettings({ file: HONOURED, env: {}, cli: {} })
  expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([])
  expect(settings?.models).toHaveLength(5)
})

test('a file of moot keys is accepted, each with a note that says why', () => {
  const { settings, findings } = loadSettings({ file: MOOT, env: {}, cli: {} })
  expect(settings).toBeDefined()
  expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['note']))
  const expected = SECTIONS.flatMap(({ table, path }) => Object.keys(table.moot).map((name) => `${path}${name}`))
  expect(findings.map(({ key }) => key).toSorted()).toEqual(expected.toSorted())
})

test('a file of unsupported keys is refused, each with a line and a reason', () => {
  const { settings, findings } = loadSettings({ file: UNSUPPORTED, env: {}, cli: {} })
  expect(settings).toBeUndefined()
  const expected = SECTIONS.flatMap(({ table, path }) => Object.keys(table.unsupported).map((name) => `${path}${name}`))
  expect(findings.map(({ key }) => key).toSorted()).toEqual(expected.toSorted())
  for (const { message, line } of findings) {
    expect(message).toMatch(/^Not supported: .+\.$/)
    expect(line).toBeGreaterThan(0)
  }
})

test('switched off, every unsupported key is harmless', () => {
  for (const { table, write } of SECTIONS) {
    for (const [name, refusal] of Object.entries(table.unsupported)) {
      if (typeof refusal === 'object' && refusal.falseMatters) continue
      for (const off of ['false', 'null', '[]', '{}', "''"]) {
        const text = table === TOP_LEVEL_TABLE ? `${name}: ${off}` : write(`model: m, ${name}: ${off}`)
        const errors = loadYaml(text).findings.filter(({ key }) => key.endsWith(`.${name}`) || key === name)
        expect(errors, `${name}: ${off}`).toEqual([])
      }
    }
  }
})

test.each([
  ['litellm_settings: {ssl_verify: false}', {}],
  ['', { SSL_VERIFY: 'False' }],
  ['', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
])('false is refused where it would switch a protection off: %s %j', (text, env) => {
  expect(told(loadYaml(text, { env }), 'error')[0]).toContain('certificates are always verified')
})

describe('environment variables', () => {
  test.each(ENV_TABLE.honoured.filter(({ reader }) => /number|one of|duration/.test(reader.expects)))(
    'nonsense in $name is an error',
    ({ name }) => {
      const { findings } = loadSettings({ env: { [name]: 'nonsense' }, cli: {} })
      expect(findings).toMatchObject([{ severity: 'error', key: name }])
    },
  )

  test.each(Object.keys(ENV_TABLE.unsupported))('%s stops the start', (name) => {
    const { findings } = loadSettings({ env: { [name]: 'something' }, cli: {} })
    expect(findings).toMatchObject([{ severity: 'error', key: name }])
  })

  test.each(Object.keys(ENV_TABLE.moot))('%s is accepted with a note', (name) => {
    const { settings, findings } = loadSettings({ env: { [name]: 'something' }, cli: {} })
    expect(findings).toMatchObject([{ severity: 'note', key: name }])
    expect(settings).toBeDefined()
  })

  test('what other programs use too is a warning, and what nobody here knows is nobody’s business', () => {
    const env = {
      https_proxy: 'http://proxy',
      REDIS_URL: 'redis://',
      GENERIC_CLIENT_ID: 'x',
      HOME: '/',
      GENERIC_X: 'y',
    }
    const { settings, findings } = loadSettings({ env, cli: {} })
    expect(settings).toBeDefined()
    expect(findings.map(({ severity, key }) => `${severity} ${key}`)).toEqual([
      'warning https_proxy',
      'warning REDIS_URL',
      'warning GENERIC_CLIENT_ID',
    ])
  })
})
