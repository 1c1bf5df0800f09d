import { expect, test } from 'vitest'
import { loadYaml, settingsOf, told } from '../../test/support/load-yaml.ts'

const MODEL = 'model_list: [{model_name: m, litellm_params: {model: openai/m, '

test('a complete value is replaced, wherever it stands', () => {
  const settings = settingsOf(`${MODEL} api_key: os.environ/KEY, stop: [os.environ/TAG]}}]`, {
    env: { KEY: 'the-key', TAG: 'paid' },
  })
  expect(settings.models[0]?.params.apiKey?.reveal()).toBe('the-key')
  expect(settings.models[0]?.params.defaults['stop']).toEqual(['paid'])
})

test('numbers and truths come from text of the environment, and text stays text', () => {
  const settings = settingsOf(
    `router_settings: {num_retries: os.environ/N, disable_cooldowns: os.environ/T}
${MODEL} api_key: os.environ/N, temperature: os.environ/F}}]`,
    { env: { N: '7', T: 'true', F: '0.5' } },
  )
  expect(settings.router.numRetries).toBe(7)
  expect(settings.router.disableCooldowns).toBe(true)
  expect(settings.models[0]?.params.apiKey?.reveal()).toBe('7')
  expect(settings.models[0]?.params.defaults).toEqual({ temperature: 0.5 })
})

test.each([
  {
    name: 'api_key',
    text: 'model_list:\n - model_name: m\n   litellm_params:\n    model: openai/m\n    api_key: os.environ/GONE',
  },
  {
    name: 'api_base',
    text: 'model_list:\n - model_name: m\n   litellm_params:\n    model: openai/m\n    api_base: os.environ/GONE',
  },
  { name: 'master_key', text: 'general_settings:\n\n\n\n  master_key: os.environ/GONE' },
  { name: 'database_url', text: 'general_settings:\n\n\n\n  database_url: os.environ/GONE' },
])('a missing variable for $name stops the start, naming variable and line', ({ text }) => {
  const errors = told(loadYaml(text), 'error')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(/^5 .*The environment variable GONE is not set\./)
})

test('an empty variable is as good as none', () => {
  expect(told(loadYaml('general_settings: {master_key: os.environ/E}', { env: { E: '' } }), 'error')).toHaveLength(1)
})

test('a missing variable elsewhere is a warning, and the default counts', () => {
  const loaded = loadYaml('router_settings: {num_retries: os.environ/GONE}')
  expect(told(loaded, 'warning')[0]).toContain('GONE is not set')
  expect(loaded.settings?.router.numRetries).toBe(2)
})

test('in header maps a reference may be part of the value', () => {
  const settings = settingsOf(`${MODEL} extra_headers: {Authorization: Bearer os.environ/KEY}}}]`, {
    env: { KEY: 'abc' },
  })
  expect(settings.models[0]?.params.extraHeaders.get('authorization')?.reveal()).toBe('Bearer abc')
})

test('a header whose variable is missing stops the start', () => {
  const errors = told(loadYaml(`${MODEL} headers: {X-Key: Bearer os.environ/GONE}}}]`), 'error')
  expect(errors[0]).toContain('GONE is not set')
})

test('elsewhere a reference inside other text is left alone, and said', () => {
  const loaded = loadYaml(`${MODEL} mock_response: ask os.environ/KEY}}]`, { env: { KEY: 'abc' } })
  expect(loaded.settings?.models[0]?.params.mockResponse).toBe('ask os.environ/KEY')
  expect(told(loaded, 'warning')[0]).toContain('only where it is the complete value')
})

test('INV-33: what comes from the environment is never searched for references', () => {
  const settings = settingsOf(`${MODEL} api_key: os.environ/A, extra_headers: {X-B: os.environ/A}}}]`, {
    env: { A: 'os.environ/B', B: 'the-second' },
  })
  expect(settings.models[0]?.params.apiKey?.reveal()).toBe('os.environ/B')
  expect(settings.models[0]?.params.extraHeaders.get('x-b')?.reveal()).toBe('os.environ/B')
})

test('environment_variables win over the process, may refer to it, and stay out of it', () => {
  const settings = settingsOf(
    `environment_variables: {KEY: from-file, COPY: os.environ/OUTER, PORT: 4100}
${MODEL} api_key: os.environ/KEY, extra_headers: {x-c: os.environ/COPY}}}]`,
    { env: { KEY: 'from-process', OUTER: 'outer' } },
  )
  expect(settings.models[0]?.params.apiKey?.reveal()).toBe('from-file')
  expect(settings.models[0]?.params.extraHeaders.get('x-c')?.reveal()).toBe('outer')
  expect(settings.listen.port).toBe(4100)
  expect(process.env['COPY']).toBeUndefined()
})
