import { expect, test } from 'vitest'
import { settingsOf } from '../../test/support/load-yaml.ts'
import { renderWelcome } from './welcome.ts'

function welcome(names: readonly string[], yaml = '', masterKey?: string): string {
  const catalogue = { publicNames: () => names }
  const settings = settingsOf(yaml)
  const address = 'http://0.0.0.0:4000'
  return renderWelcome({ address, masterKey, catalogue, settings, storeKind: 'embedded', startedMsAgo: 1_234 })
}

test.each([
  [['openai/*', 'gpt-4.1'], 'gpt-4.1'],
  [['openai/*', 'house/*'], 'openai/gpt-4o'],
  [['*'], 'gpt-4o'],
  [[], 'gpt-4o'],
])('of the models %j the line to paste names %s', (names, model) => {
  expect(welcome(names)).toContain(`"model":"${model}"`)
})

test('the key is in single quotes where it is known, and put in by the shell where it is not', () => {
  expect(welcome([], '', 'sk-made')).toContain("-H 'Authorization: Bearer sk-made'")
  expect(welcome([])).toContain('-H "Authorization: Bearer $LITELLM_MASTER_KEY"')
})

test('the line to paste sends the key in the header that counts', () => {
  const told = welcome([], 'general_settings: {litellm_key_header_name: X-Our-Key}')
  expect(told).toContain('"x-our-key: Bearer $LITELLM_MASTER_KEY"')
  expect(told).not.toContain('Authorization')
})
