import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isMap, isScalar, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { loadYaml, settingsOf, told } from '../../test/support/load-yaml.ts'
import type { LoadedConfig } from './load.ts'
import { renderFindings } from './render-findings.ts'

const CANARY = 'sk-canary-7f3a9c2e51d84b60'
const FIXTURE = readFileSync(join(import.meta.dirname, '__fixtures__', 'every-honoured-key.yaml'), 'utf8')
const INCLUDED = readFileSync(join(import.meta.dirname, '__fixtures__', 'included.yaml'), 'utf8')

function printed(value: unknown): string {
  return [JSON.stringify(value), inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null })].join('\n')
}

function findingsOf(loaded: LoadedConfig): string {
  return printed(loaded.findings) + renderFindings(loaded.findings)
}

/** Into how many files the scalars of the fixture are dealt, first and then once more. */
const DEALS = [34, 37]

/**
 * The fixture again and again, each time with other scalars replaced. Reading it is what takes time, so that some are
 * replaced at once; each scalar twice, in other company, because one that is refused may keep another from being read.
 */
function* withCanaries(where: 'key' | 'value', canary: (index: number) => string): Generator<string> {
  const found: (readonly [from: number, length: number])[] = []
  visit(parseDocument(FIXTURE), {
    Scalar: (position, { range }) => {
      // A block of text ends with a line end, which stays.
      if ((position === 'key') === (where === 'key') && range)
        found.push([range[0], FIXTURE.slice(range[0], range[1]).trimEnd().length])
    },
  })
  for (const files of DEALS) {
    for (let file = 0; file < files; file += 1) {
      const chosen = found.filter((_, index) => index % files === file)
      yield chosen.reduceRight(
        (text, [from, length], index) => text.slice(0, from) + canary(index) + text.slice(from + length),
        FIXTURE,
      )
    }
  }
}

describe('a canary secret', () => {
  test.each(['key', 'value'] as const)('in the place of any %s appears in no finding', (where) => {
    for (const text of withCanaries(where, (index) => `${CANARY}${index}`)) {
      const loaded = loadYaml(text, { files: { 'included.yaml': INCLUDED } })
      expect(findingsOf(loaded), text).not.toContain('canary')
    }
  })

  test('from the environment appears in no finding, wherever it was meant to go', () => {
    for (const text of withCanaries('value', () => 'os.environ/CANARY')) {
      const loaded = loadYaml(text, { env: { CANARY }, files: { 'included.yaml': INCLUDED } })
      expect(findingsOf(loaded), text).not.toContain('sk-canary')
    }
  })

  test('in text that is not YAML appears in no finding', () => {
    for (const text of [
      `general_settings:\n  master_key ${CANARY}\n  x: 1`,
      `general_settings: {master_key: "${CANARY}`,
      `a: *${CANARY}`,
      `a: !${CANARY} 1`,
      `%${CANARY}`,
      `a: "\\q${CANARY}"`,
      `${CANARY}: 1\n${CANARY}: 2`,
      `- ${CANARY}`,
      CANARY,
      `a: [${CANARY}\nb: ]`,
    ]) {
      const loaded = loadYaml(text)
      expect(loaded.settings, text).toBeUndefined()
      expect(findingsOf(loaded), text).not.toContain('canary')
    }
  })

  test('where secrets belong is in no print of the settings', () => {
    const settings = settingsOf(
      `general_settings: {master_key: ${CANARY}-master, database_url: "postgresql://u:${CANARY}@h/d"}
credential_list: [{credential_name: c, credential_values: {api_key: ${CANARY}-c}}]
model_list:
  - model_name: a
    litellm_params:
      model: openai/a
      api_key: ${CANARY}-a
      headers: {Authorization: Bearer os.environ/HEADER_CANARY}
      extra_headers: {x-api-key: ${CANARY}}
  - {model_name: b, litellm_params: {model: openai/b, litellm_credential_name: c}}
`,
      {
        env: {
          HEADER_CANARY: CANARY,
          LITELLM_MASTER_KEY: `${CANARY}-env`,
          LITELLM_SALT_KEY: `${CANARY}-salt`,
          DATABASE_URL: `postgresql://u:${CANARY}@h/d`,
          OPENAI_API_KEY: `${CANARY}-openai`,
        },
      },
    )
    expect(printed(settings)).not.toContain('canary')
    expect(settings.masterKey?.reveal()).toContain('canary')
  })

  test('of the parts of a database URL is in no print of the settings', () => {
    const settings = settingsOf('', {
      env: { DATABASE_HOST: 'db', DATABASE_USER: 'u@x', DATABASE_PASSWORD: `${CANARY}/@:`, DATABASE_NAME: 'n' },
    })
    expect(printed(settings)).not.toContain('canary')
    expect(settings.databaseUrl?.reveal()).toBe(`postgresql://u%40x:${CANARY}%2F%40%3A@db:5432/n`)
  })
})

describe('free-form members are shown or kept as plain values, so secrets are refused in them', () => {
  const model = (rest: string): string => `model_list: [{model_name: m, ${rest}}]`

  test.each([
    ['by name', model('litellm_params: {model: m}, model_info: {provider: {api_key: abc}}')],
    ['by look', model(`litellm_params: {model: m}, model_info: {note: ${CANARY}}`)],
    ['by variable', model('litellm_params: {model: m}, model_info: {note: os.environ/PARTNER_API_KEY}')],
    ['in extra_body', model('litellm_params: {model: m, extra_body: {auth_token: abc}}')],
    ['in presets', model(`litellm_params: {model: m, user: ${CANARY}}`)],
    ['in defaults of keys', `litellm_settings: {default_key_generate_params: {metadata: {password: abc}}}`],
  ])('%s', (_, text) => {
    const errors = told(loadYaml(text, { env: { PARTNER_API_KEY: 'abc' } }), 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('A secret does not belong here')
  })

  test.each([
    'https://user:pass@api.example.com',
    'https://api.example.com/v1?api_key=abc',
    'https://api.example.com/v1?key=abc',
    'https://api.example.com/v1#abc',
    'file:///etc/passwd',
    'api.example.com',
  ])('api_base: %s is refused', (url) => {
    expect(told(loadYaml(model(`litellm_params: {model: m, api_base: "${url}"}`)), 'error')).toHaveLength(1)
  })

  test('prices and limits whose names hold the word token are no secrets', () => {
    const text = model(
      'litellm_params: {model: m}, model_info: {max_tokens: 5, input_cost_per_token: 1e-6, tokenizer: cl100k}',
    )
    expect(loadYaml(text).findings).toEqual([])
  })
})

test('the fixture holds enough to mean something', () => {
  const document: Document = parseDocument(FIXTURE)
  let scalars = 0
  visit(document, { Scalar: (_, node) => void (isScalar(node) ? (scalars += 1) : undefined) })
  expect(isMap(document.contents)).toBe(true)
  expect(scalars).toBeGreaterThan(250)
})
