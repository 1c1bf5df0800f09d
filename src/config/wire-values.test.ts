import { expect, test } from 'vitest'
import { loadYaml, told } from '../../test/support/load-yaml.ts'

const model = (line: string): string =>
  `model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/gpt-4o\n      ${line}\n`

test.each([
  { line: 'api_key: "sk-0123456789abcdef\\n"', says: 'A key is one line of printable ASCII.' },
  { line: 'api_key: ключ-0123456789', says: 'A key is one line of printable ASCII.' },
  { line: 'organization: "a\\nb"', says: 'A header is one line' },
  { line: 'extra_headers: {x-team: 日}', says: 'A header is one line' },
  { line: 'extra_body: {model: other}', says: 'The gateway writes this member itself' },
  { line: 'extra_body: {stream: true}', says: 'The gateway writes this member itself' },
  { line: 'extra_body: {stream_options: {}}', says: 'The gateway writes this member itself' },
  { line: 'input_cost_per_token: 1e30', says: 'Expected a price in dollars' },
])('$line can go over no wire, and stops the start', ({ line, says }) => {
  const loaded = loadYaml(model(line))
  expect(loaded.settings).toBeUndefined()
  expect(told(loaded, 'error')).toEqual([expect.stringContaining(says)])
})
