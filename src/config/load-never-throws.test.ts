import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ANY_CHARACTER } from '../../test/support/any-character.ts'
import { loadYaml } from '../../test/support/load-yaml.ts'
import { ALL_TABLES } from './all-tables.ts'
import { knownNames } from './key-table.ts'

const FIXTURE = readFileSync(join(import.meta.dirname, '__fixtures__', 'every-honoured-key.yaml'), 'utf8')
const NAMES = ALL_TABLES.flatMap(knownNames)

function mustAnswer(text: string, env: Record<string, string> = {}): void {
  const { settings, findings } = loadYaml(text, { env })
  const refused = findings.some(({ severity }) => severity === 'error')
  expect(settings === undefined).toBe(refused)
}

test('no text makes loading throw: settings or an error, never both', () => {
  fc.assert(fc.property(fc.string({ unit: ANY_CHARACTER, maxLength: 200 }), (text) => mustAnswer(text)))
})

test('no text made of the signs of YAML does either', () => {
  const signs = fc.constantFrom(
    ...'[ ] { } : , - ? & * ! | > \' " % @ ` # \\'.split(' '),
    '\n',
    '\t',
    ' ',
    '<<',
    '---',
    '...',
    'a',
    'os.environ/',
    ': ',
    '- ',
    '  ',
  )
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 60 }), (parts) => mustAnswer(parts.join(''))),
    { numRuns: 300 },
  )
})

test('nor a good file with a piece cut out or put in', () => {
  const position = fc.nat(FIXTURE.length)
  fc.assert(
    fc.property(position, fc.nat(40), fc.string({ maxLength: 8 }), (start, cut, insert) => {
      mustAnswer(FIXTURE.slice(0, start) + insert + FIXTURE.slice(start + cut))
    }),
    { numRuns: 100 },
  )
})

test('nor any value at any known key', () => {
  const name = fc.constantFrom(...NAMES)
  const section = fc.constantFrom('general_settings', 'litellm_settings', 'router_settings', 'compat')
  const members = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  const file = fc.record({
    top: members,
    section,
    inner: members,
    model: fc.record({ model_name: fc.jsonValue({ maxDepth: 1 }), litellm_params: members, model_info: members }),
  })
  fc.assert(
    fc.property(file, ({ top, section: name, inner, model }) => {
      mustAnswer(JSON.stringify({ ...top, [name]: inner, model_list: [model] }))
    }),
    { numRuns: 200 },
  )
})

test('nor any environment', () => {
  const name = fc.constantFrom(...NAMES.filter((each) => /^[A-Z]/.test(each) && each !== 'CONFIG_FILE_PATH'))
  fc.assert(fc.property(fc.dictionary(name, fc.string(), { maxKeys: 6 }), (env) => mustAnswer('a: 1', env)))
})
