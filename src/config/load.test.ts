import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadYaml, settingsOf, told } from '../../test/support/load-yaml.ts'
import { loadSettings } from './load.ts'

const fixture = loadSettings({
  file: join(import.meta.dirname, '__fixtures__', 'every-honoured-key.yaml'),
  env: { LITELLM_SALT_KEY: 'salt-of-the-fixture', NUM_WORKERS: '1' },
  cli: {},
}).settings

describe('a file with every honoured key', () => {
  test('gives settings in our own words and units', () => {
    expect(fixture).toMatchObject({
      databasePoolSize: 20,
      logLevel: 'debug',
      forcedModels: {
        completion: 'gpt-4o',
        embedding: 'shared/embed',
        image: 'shared/painter',
        moderation: 'shared/moderation',
      },
      limits: { maxRequestBytes: 8 * 1024 * 1024, maxResponseBytes: 16 * 1024 * 1024 },
      keyHeaderName: 'x-gateway-key',
      rates: { counts: 'output', windowMs: 60_000 },
      endUserHeaders: ['x-customer', 'x-user'],
      alwaysIncludeStreamUsage: true,
      enforcedParams: ['user', 'metadata.team'],
      enforceUserParam: true,
      rejectClientsideMetadataTags: true,
      allowedRoutes: ['/chat/completions', '/v1/*'],
      adminOnlyRoutes: ['/key/generate'],
      allowCustomKeys: false,
      keyDefaults: { duration: '30d', models: ['gpt-4o'], metadata: { cost_centre: '7' }, tags: ['default'] },
      keyUpperBounds: { duration: '90d' },
      strictNoSecretsInUrl: true,
      storeModels: true,
      egressAllow: [
        { kind: 'network', address: '10.1.0.0', prefix: 16, family: 'ipv4', port: 8000 },
        { kind: 'network', address: 'fd00::', prefix: 8, family: 'ipv6', port: 443 },
        { kind: 'host', name: 'vllm.internal', port: 8000 },
        { kind: 'network', address: '127.0.0.1', prefix: 32, family: 'ipv4', port: undefined },
      ],
      corsOrigins: ['https://app.example.com'],
      trustedProxies: ['10.0.0.0/8', '::1'],
      exposeRejectReason: true,
      compat: {
        stripClientTags: true,
        clientMockResponse: true,
        metricsAuth: true,
        readinessStrict: true,
        exposeApiBase: true,
      },
    })
    expect(fixture?.modelAliases).toEqual(new Map([['fast', 'local']]))
    expect(fixture?.groupAliases).toEqual(
      new Map([
        ['gpt-4', { model: 'gpt-4o', hidden: false }],
        ['hidden-gpt', { model: 'gpt-4o', hidden: true }],
      ]),
    )
  })

  test('router_settings win over the same keys in litellm_settings', () => {
    expect(fixture?.router).toEqual({
      strategy: 'simple-shuffle',
      numRetries: 5,
      timeoutMs: 42_000,
      streamTimeoutMs: 90_000,
      retryAfterMs: 1500,
      retryPolicy: new Map([
        ['RateLimitError', 4],
        ['Timeout', 1],
        ['Default', 2],
      ]),
      groupRetryPolicy: new Map([['gpt-4o', new Map([['BadRequestError', 0]])]]),
      disableCooldowns: true,
      cooldownMs: 11_000,
      allowedFails: 7,
      allowedFailsWritten: true,
      allowedFailsPolicy: new Map([['BadGatewayError', 9]]),
      failureThreshold: { share: 0.5, minimumRequests: 5, singleDeploymentRequests: 1000 },
      fallbacks: new Map([
        ['gpt-4o', ['local']],
        ['*', ['canned']],
      ]),
      contextWindowFallbacks: new Map([['gpt-4o', ['shared/long']]]),
      contentPolicyFallbacks: new Map([['gpt-4o', ['local']]]),
      defaultFallbacks: ['canned'],
      maxFallbacks: 3,
    })
  })

  test('a deployment keeps its prices digit by digit, its presets and its headers', () => {
    const model = fixture?.models[0]
    expect(model?.params).toMatchObject({
      model: 'azure/gpt4o-eu',
      apiBase: 'https://eu.example.com',
      apiVersion: '2024-10-21',
      rpm: 300,
      timeoutMs: 30_000,
      cooldownMs: 20_000,
      numRetries: 1,
      extraBody: { safety: 'strict' },
      defaults: { temperature: 0.2, max_tokens: 512 },
    })
    expect(model?.params.prices).toEqual(
      new Map([
        ['cache_read_input_token_cost', '1.25e-06'],
        ['input_cost_per_token', '2.50e-06'],
        ['output_cost_per_token', '0.00001'],
        ['input_cost_per_token_above_200k_tokens', '5e-6'],
      ]),
    )
    expect(model?.params.extraHeaders.get('x-tenant')?.reveal()).toBe('Bearer provider-key-of-the-fixture')
    expect(model?.info).toMatchObject({ id: 'gpt4o-eu-1', supports_vision: true, team_contact: 'platform@example.com' })
  })

  test('a credential of credential_list fills in, and defaults of the router too', () => {
    const shared = fixture?.models.find(({ name }) => name === 'shared/*')
    expect(shared?.params.apiKey?.reveal()).toBe('provider-key-of-the-fixture')
    expect(shared?.params.apiBase).toBe('https://models.example.com/v1')
    expect(shared?.params.maxParallelRequests).toBe(64)
    expect(fixture?.models[0]?.params.maxParallelRequests).toBe(8)
  })

  test('cannot be changed afterwards', () => {
    expect(() => Object.assign(fixture?.limits ?? {}, { maxRequestBytes: 1 })).toThrow(TypeError)
    expect(Object.isFrozen(fixture?.models[0]?.params)).toBe(true)
  })
})

describe('without a file', () => {
  test('every default counts', () => {
    const { settings, findings } = loadSettings({ env: {}, cli: {} })
    expect(findings).toEqual([])
    expect(settings).toMatchObject({
      listen: { host: '127.0.0.1', port: 4000 },
      dataDir: './.latchkey',
      logLevel: 'info',
      models: [],
      router: { numRetries: 2, timeoutMs: 600_000, streamTimeoutMs: 600_000, cooldownMs: 5000, allowedFails: 3 },
      limits: { maxRequestBytes: 32 * 1024 * 1024, maxResponseBytes: 64 * 1024 * 1024 },
      mockUsage: { promptTokens: 10, completionTokens: 20 },
      allowCustomKeys: true,
      compat: { metricsAuth: true, clientMockResponse: false },
    })
  })

  test('the environment sets defaults of the router and the mock', () => {
    const env = {
      DEFAULT_COOLDOWN_TIME_SECONDS: '9',
      DEFAULT_ALLOWED_FAILS: '4',
      DEFAULT_FAILURE_THRESHOLD_PERCENT: '0.25',
      ROUTER_MAX_FALLBACKS: '1',
      LITELLM_MAX_STREAMING_DURATION_SECONDS: '60',
      DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT: '1',
      LITELLM_KEY_ROTATION_GRACE_PERIOD: '24h',
    }
    expect(loadSettings({ env, cli: {} }).settings).toMatchObject({
      router: {
        cooldownMs: 9000,
        allowedFails: 4,
        allowedFailsWritten: true,
        maxFallbacks: 1,
        maxStreamingDurationMs: 60_000,
        failureThreshold: { share: 0.25 },
      },
      mockUsage: { promptTokens: 1, completionTokens: 20 },
      keyRotationGraceMs: 86_400_000,
    })
  })

  test('provider keys and addresses of the environment are at hand, as secrets', () => {
    const env = { GROQ_API_KEY: 'a', OPENAI_BASE_URL: 'b', AZURE_API_BASE: 'c', EMPTY_API_KEY: '', PATH: '/' }
    const found = loadSettings({ env, cli: {} }).settings?.providerEnvironment
    expect([...(found ?? [])].map(([name, secret]) => `${name}=${secret.reveal()}`)).toEqual([
      'GROQ_API_KEY=a',
      'OPENAI_BASE_URL=b',
      'AZURE_API_BASE=c',
    ])
  })
})

describe('precedence', () => {
  const env = {
    PORT: '5000',
    HOST: '0.0.0.0',
    LITELLM_LOG: 'WARNING',
    LITELLM_MASTER_KEY: 'sk-of-the-environment-1-Zb8KdPw6Ys1Nc3',
  }

  test('the command line wins over the environment, and that over defaults', () => {
    expect(settingsOf('', { env }).listen).toEqual({ host: '0.0.0.0', port: 5000 })
    expect(settingsOf('', { env, cli: { port: 1, host: '::1' } }).listen).toEqual({ host: '::1', port: 1 })
    expect(settingsOf('litellm_settings: {set_verbose: true}', { env }).logLevel).toBe('warn')
    expect(settingsOf('', { env, cli: { logLevel: 'debug' } }).logLevel).toBe('debug')
  })

  test('the file wins over the environment for the master key and the database', () => {
    expect(settingsOf('', { env }).masterKey?.reveal()).toBe('sk-of-the-environment-1-Zb8KdPw6Ys1Nc3')
    const text = 'general_settings: {master_key: sk-of-the-file-98765-Zb8KdPw6Ys1Nc3Hf}'
    expect(settingsOf(text, { env }).masterKey?.reveal()).toBe('sk-of-the-file-98765-Zb8KdPw6Ys1Nc3Hf')
  })
})

describe('mistakes', () => {
  test.each([
    [
      'general_settings:\n  databse_url: x\n',
      '2 general_settings.databse_url There is no such setting. Did you mean database_url?',
    ],
    [
      'general_settings:\n  num_retries: 1\n',
      '2 general_settings.num_retries There is no such setting. This setting belongs in router_settings.',
    ],
    ['litellm_setings: {}\n', '1 litellm_setings There is no such setting. Did you mean litellm_settings?'],
    [
      'router_settings:\n  num_retries: three\n',
      '2 router_settings.num_retries Expected a whole number from 0 to 100, found text.',
    ],
    [
      'general_settings:\n  always_include_stream_usage: perhaps\n',
      '2 general_settings.always_include_stream_usage Expected true or false, found text.',
    ],
    ['general_settings: []\n', '1 general_settings Expected a map, found a list.'],
    ['router_settings: {num_workers: 2}\n', '1 router_settings.num_workers There is no such setting.'],
    ['model_list: {}\n', '1 model_list Expected a list of models, found a map.'],
    ['model_list:\n  - litellm_params: {model: m}\n', '2 model_list[0].model_name model_name is missing.'],
    [
      `model_list:\n  - model_name: ${'m'.repeat(256)}\n    litellm_params: {model: openai/m}\n`,
      '2 model_list[0].model_name model_name has more than 255 characters.',
    ],
    [
      'model_list:\n  - model_name: m\n',
      '2 model_list[0].litellm_params litellm_params is missing. Write at least `litellm_params: {model: provider/model}`.',
    ],
    [
      'model_list:\n  - model_name: m\n    litellm_params: {api_key: x}\n',
      '3 model_list[0].litellm_params.model The model is missing.',
    ],
    [
      'model_list:\n  - model_name: m\n    litellm_params: {model: }\n',
      '3 model_list[0].litellm_params.model The model is missing.',
    ],
    [
      'model_list:\n  - model_name: m\n    litellm_params: {model: openai/m, api_key: ""}\n',
      '3 model_list[0].litellm_params.api_key Expected a secret as text, found empty text.',
    ],
    [
      'model_list:\n  - model_name: m\n    litellm_params: {model: openai/m}\n    model_info: {max_output_tokens: many}\n',
      '4 model_list[0].model_info.max_output_tokens Expected a whole number from 0 to 1000000000, found text.',
    ],
    [
      'router_settings: {routing_strategy: simple-shufle}\n',
      '1 router_settings.routing_strategy There is no such strategy. Did you mean simple-shuffle?',
    ],
    [
      'litellm_settings: {callbacks: [prometheuss]}\n',
      '1 litellm_settings.callbacks[0] There is no such callback. Did you mean prometheus?',
    ],
  ])('%j', (text, error) => {
    expect(told(loadYaml(text), 'error')).toEqual([error])
  })

  test('a strategy that is not in this version names what to use instead', () => {
    const errors = told(loadYaml('router_settings: {routing_strategy: least-busy}'), 'error')
    expect(errors[0]).toContain('the strategy least-busy is not in this version. Use simple-shuffle')
  })

  test('a Python callback is refused as such', () => {
    expect(told(loadYaml('litellm_settings: {callbacks: my_hooks.proxy_handler}'), 'error')[0]).toContain(
      'Python callbacks',
    )
  })

  test('several workers are asked for in vain, which is said', () => {
    expect(told(loadYaml('', { cli: { numWorkers: 4 } }), 'note')).toEqual([
      '- num_workers One process serves for now, whatever is asked for.',
    ])
  })

  test('metrics that are opened to everybody are warned of, whichever key does it', () => {
    const first = loadYaml('litellm_settings: {require_auth_for_metrics_endpoint: false}')
    expect(first.settings?.compat.metricsAuth).toBe(false)
    expect(told(first, 'warning')[0]).toContain('litellm_settings.require_auth_for_metrics_endpoint')
    expect(told(loadYaml('compat: {metrics_auth: false}'), 'warning')[0]).toContain('compat.metrics_auth')
  })
})
