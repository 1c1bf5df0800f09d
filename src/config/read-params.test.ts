import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadYaml, settingsOf, told } from '../../test/support/load-yaml.ts'

const withParams = (params: string): string =>
  `model_list: [{model_name: m, litellm_params: {model: openai/m, ${params}}}]`

function paramsOf(params: string, env: Record<string, string> = {}) {
  const model = settingsOf(withParams(params), { env }).models[0]
  if (model === undefined) throw new Error('no model')
  return model.params
}

test('limits in model_info are numbers, in quotes and from the environment too', () => {
  const text = `model_list: [{model_name: m, litellm_params: {model: openai/m},
    model_info: {max_tokens: "8_192", max_input_tokens: os.environ/MOST, max_output_tokens: 4096, tier: "4"}}]`
  expect(settingsOf(text, { env: { MOST: '128000' } }).models[0]?.info).toEqual({
    max_tokens: 8192,
    max_input_tokens: 128_000,
    max_output_tokens: 4096,
    tier: '4',
  })
})

describe('prices', () => {
  test('keep their digits, whatever a float would make of them', () => {
    const digits = fc.stringMatching(/^0\.\d{1,25}[1-9]$/)
    fc.assert(
      fc.property(digits, (text) => {
        expect(paramsOf(`input_cost_per_token: ${text}`).prices.get('input_cost_per_token')).toBe(text)
      }),
    )
  })

  test('come from the environment too', () => {
    const { prices } = paramsOf('output_cost_per_token: os.environ/P', { P: '1.5e-7' })
    expect(prices.get('output_cost_per_token')).toBe('1.5e-7')
  })

  test('by tiers keep their ranges as numbers and their prices as text', () => {
    const { prices } = paramsOf('tiered_pricing: [{range: [0, 32000], input_cost_per_token: 1.10e-6}]')
    expect(prices.get('tiered_pricing')).toEqual([{ range: [0, 32_000], input_cost_per_token: '1.10e-6' }])
  })

  test('of litellm_params win over those of model_info', () => {
    const text = `model_list: [{model_name: m, litellm_params: {model: m, input_cost_per_token: 2e-6},
      model_info: {input_cost_per_token: 1e-6, output_cost_per_token: 3e-6}}]`
    expect(settingsOf(text).models[0]?.params.prices).toEqual(
      new Map([
        ['input_cost_per_token', '2e-6'],
        ['output_cost_per_token', '3e-6'],
      ]),
    )
  })

  test.each(['-1', '.inf', 'cheap', 'true', '0x10'])('%s is no price', (text) => {
    expect(told(loadYaml(withParams(`input_cost_per_token: ${text}`)), 'error')).toHaveLength(1)
  })

  test.each([
    ['input_cost_per_tokn', 'input_cost_per_token'],
    ['output_cost_per_tokens', 'output_cost_per_token'],
  ])('%s is an error that names %s, in litellm_params and in model_info', (wrong, right) => {
    expect(told(loadYaml(withParams(`${wrong}: 1`)), 'error')[0]).toContain(`Did you mean ${right}?`)
    const inInfo = `model_list: [{model_name: m, litellm_params: {model: m}, model_info: {${wrong}: 1}}]`
    expect(told(loadYaml(inInfo), 'error')[0]).toContain(`Did you mean ${right}?`)
  })

  test('by a unit that no call is billed by are warned of', () => {
    expect(told(loadYaml(withParams('ocr_cost_per_page: 0.001')), 'warning')[0]).toContain(
      'No call is billed by this unit',
    )
  })
})

describe('headers', () => {
  test('names compare without case, and extra_headers win over headers', () => {
    const { extraHeaders } = paramsOf('headers: {X-A: one, x-b: two}, extra_headers: {x-a: three}')
    expect([...extraHeaders].map(([name, value]) => `${name}=${value.reveal()}`)).toEqual(['x-a=three', 'x-b=two'])
  })

  test.each(['Host', 'content-length', 'Transfer-Encoding', 'bad name', ''])('%j cannot be set', (name) => {
    expect(told(loadYaml(withParams(`extra_headers: {"${name}": x}`)), 'error')).toHaveLength(1)
  })

  test('a value that would begin another header is refused, also from the environment', () => {
    expect(told(loadYaml(withParams('extra_headers: {x-a: "a\\r\\nx-b: c"}')), 'error')).toHaveLength(1)
    const loaded = loadYaml(withParams('extra_headers: {x-a: os.environ/A}'), { env: { A: 'a\nb' } })
    expect(told(loaded, 'error')).toHaveLength(1)
  })

  test('the same header twice is refused', () => {
    expect(told(loadYaml(withParams('extra_headers: {x-a: one, X-A: two}')), 'error')[0]).toContain('set twice')
  })
})

describe('members', () => {
  test('a parameter of the OpenAI API is a preset; anything else is an error with the nearest name', () => {
    expect(paramsOf('reasoning_effort: high, stop: [x]').defaults).toEqual({ reasoning_effort: 'high', stop: ['x'] })
    expect(told(loadYaml(withParams('temprature: 1')), 'error')[0]).toContain('Did you mean temperature?')
  })

  test.each([
    ['20_000', 20_000],
    ["'480'", 480],
    ['1_000_000', 1_000_000],
    ['0', 0],
  ])('%s is a number, as older YAML and lenient readers have it', (text, rpm) => {
    expect(paramsOf(`rpm: ${text}`).rpm).toBe(rpm)
  })

  test.each(['20_', '_20', '2__0', '1_0.5', '-1', '2e', 'many', '1_000_000_001', "' '"])(
    '%s is no whole number in range',
    (text) => {
      expect(told(loadYaml(withParams(`rpm: ${text}`)), 'error')[0]).toContain('Expected a whole number')
    },
  )

  test.each([
    ['yes', true],
    ['On', true],
    ['no', false],
    ['OFF', false],
    ['True', true],
  ])('%s is a flag', (text, expected) => {
    const settings = settingsOf(`general_settings: {always_include_stream_usage: ${text}}`)
    expect(settings.alwaysIncludeStreamUsage).toBe(expected)
  })

  test('what single deployments would drop is noted, as for all of them', () => {
    expect(told(loadYaml(withParams('drop_params: true')), 'error')).toEqual([])
  })

  test('empty members are absent', () => {
    const params = paramsOf('api_key: , temperature: null, rpm: ~')
    expect(params).not.toHaveProperty('apiKey')
    expect(params).not.toHaveProperty('rpm')
    expect(params.defaults).toEqual({})
  })

  test('credentials that only other wires take are refused by pattern', () => {
    expect(told(loadYaml(withParams('aws_something_new: x')), 'error')[0]).toContain('Not supported')
  })

  test('a credential that nobody defined, or that nobody uses, is said', () => {
    const text = `credential_list: [{credential_name: shared, credential_values: {api_key: x}}]\n`
    const loaded = loadYaml(text + withParams('litellm_credential_name: shard'))
    expect(told(loaded, 'error')[0]).toContain('Did you mean shared?')
    expect(told(loaded, 'warning')).toEqual(['1 credential_list[0] No model uses this credential.'])
  })

  test('what an entry sets itself wins over its credential', () => {
    const text = `credential_list: [{credential_name: c, credential_values: {api_key: theirs, api_base: "https://c.example.com"}}]
model_list: [{model_name: m, litellm_params: {model: m, litellm_credential_name: c, api_key: mine}}]`
    const params = settingsOf(text).models[0]?.params
    expect(params?.apiKey?.reveal()).toBe('mine')
    expect(params?.apiBase).toBe('https://c.example.com')
  })
})
