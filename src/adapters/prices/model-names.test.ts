import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LONGEST_NAME, plainerNames } from './model-names.ts'

test.each([
  ['gpt-4o', ['gpt-4o']],
  ['gpt-4o-2099-01-31', ['gpt-4o-2099-01-31', 'gpt-4o']],
  ['claude-sonnet-4-5-20250929', ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5']],
  ['claude-sonnet-4-5@20250929', ['claude-sonnet-4-5@20250929', 'claude-sonnet-4-5']],
  ['o_series/my-o3', ['o_series/my-o3', 'my-o3']],
  ['eu/gpt-4o', ['eu/gpt-4o', 'gpt-4o']],
  ['ft:gpt-4.1:acme::abc', ['ft:gpt-4.1:acme::abc', 'ft:gpt-4.1']],
  [
    'converse/us-east-1/us.anthropic.claude-3-haiku-20240307-v1:0',
    [
      'converse/us-east-1/us.anthropic.claude-3-haiku-20240307-v1:0',
      'us-east-1/us.anthropic.claude-3-haiku-20240307-v1:0',
      'us.anthropic.claude-3-haiku-20240307-v1:0',
      'anthropic.claude-3-haiku-20240307-v1:0',
      'anthropic.claude-3-haiku-20240307',
      'anthropic.claude-3-haiku',
    ],
  ],
  ['deepseek-v3', ['deepseek-v3']],
  ['@cf/meta/llama-3', ['@cf/meta/llama-3']],
  ['', []],
])('%s is asked for as %j', (model, names) => {
  expect(plainerNames(model)).toEqual(names)
})

test('a name of absurd length is asked for under no name', () => {
  expect(plainerNames('x'.repeat(LONGEST_NAME + 1))).toEqual([])
})

test('a fine-tuned model never takes the price of its base', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 50 }), (rest) => {
      for (const name of plainerNames(`ft:${rest}`)) expect(name.startsWith('ft:')).toBe(true)
    }),
  )
})
