import { describe, expect, test } from 'vitest'
import { loadYaml, told } from '../../test/support/load-yaml.ts'

const MODELS = `model_list:
  - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o}, model_info: {id: one}}
  - {model_name: openai/*, litellm_params: {model: openai/*}}
`

describe('names that lead nowhere are warned of, with the line and the nearest name', () => {
  test.each([
    [
      'router_settings: {fallbacks: [{gpt-4o: [gtp-4o]}]}',
      '4 router_settings.fallbacks No model of model_list is called "gtp-4o". Did you mean "gpt-4o"?',
    ],
    [
      'router_settings: {fallbacks: [{gpt-4: [one]}]}',
      '4 router_settings.fallbacks No model of model_list is called "gpt-4". Did you mean "gpt-4o"?',
    ],
    [
      'litellm_settings: {default_fallbacks: [unknown]}',
      '4 litellm_settings.default_fallbacks No model of model_list is called "unknown".',
    ],
    [
      'router_settings: {model_group_alias: {a: unknown}}',
      '4 router_settings.model_group_alias No model of model_list is called "unknown".',
    ],
    [
      'litellm_settings: {model_alias_map: {a: unknown}}',
      '4 litellm_settings.model_alias_map No model of model_list is called "unknown".',
    ],
    [
      'general_settings: {completion_model: unknown}',
      '4 general_settings.completion_model No model of model_list is called "unknown".',
    ],
  ])('%s', (line, warning) => {
    expect(told(loadYaml(MODELS + line), 'warning')).toEqual([warning])
  })

  test.each([
    'router_settings: {fallbacks: [{gpt-4o: [openai/gpt-4.1, one]}, {"*": [gpt-4o]}]}',
    'router_settings: {model_group_alias: {a: gpt-4o}, fallbacks: [{a: [openai/x]}]}',
    'general_settings: {embedding_model: openai/text-embedding-3-small}',
  ])('%s is fine', (line) => {
    expect(loadYaml(MODELS + line).findings).toEqual([])
  })
})

test('two deployments with one id are refused, naming both lines', () => {
  const text = `${MODELS}  - {model_name: b, litellm_params: {model: openai/b}, model_info: {id: one}}`
  expect(told(loadYaml(text), 'error')).toEqual([
    '4 model_list[2].model_info.id The deployment at config.yaml:2 has the same id.',
  ])
})

test('one model with two lists of fallbacks is refused', () => {
  const text = `${MODELS}router_settings: {fallbacks: [{gpt-4o: [one]}, {gpt-4o: [one]}]}`
  expect(told(loadYaml(text), 'error')[0]).toContain('two lists of fallbacks')
})

test('a fallback that overrides parameters is refused, not half obeyed', () => {
  const text = `${MODELS}router_settings: {fallbacks: [{gpt-4o: [{model: one, temperature: 0}]}]}`
  expect(told(loadYaml(text), 'error')[0]).toContain('a fallback that overrides parameters')
})
