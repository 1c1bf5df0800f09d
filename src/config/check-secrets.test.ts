import { describe, expect, test } from 'vitest'
import { loadYaml, told } from '../../test/support/load-yaml.ts'

const STRONG = 'sk-9Qm2vX7tLr4Zb8KdPw6Ys1Nc3Hf5Jg0A'

describe('K-13: the master key', () => {
  test('of good length and variety is strong', () => {
    const loaded = loadYaml(`general_settings: {master_key: ${STRONG}}`)
    expect(loaded.findings).toEqual([])
  })

  test.each(['sk-1234', 'sk-short-123', 'sk-aaaaaaaaaaaaaaaaaaaaaaaa', 'sk-litellm-master-key-9Qm2'])(
    '%s is weak: a warning on loopback, an error beyond',
    (key) => {
      const loaded = loadYaml(`general_settings:\n  master_key: ${key}`)
      expect(loaded.settings).toBeDefined()
      expect(told(loaded, 'warning')).toHaveLength(1)
      expect(told(loaded, 'warning')[0]).toMatch(
        /^2 general_settings\.master_key The master key is short or well known/,
      )
      for (const host of ['0.0.0.0', '::', '10.1.2.3', 'gateway.example', '127.gateway.example']) {
        const beyond = loadYaml(`general_settings:\n  master_key: ${key}`, { cli: { host } })
        expect(beyond.settings).toBeUndefined()
        expect(told(beyond, 'error')[0]).toMatch(/^2 general_settings\.master_key .*loopback only/)
      }
    },
  )

  test('that does not begin with sk- is refused', () => {
    expect(told(loadYaml('general_settings: {master_key: 9Qm2vX7tLr4Zb8Kd}'), 'error')[0]).toContain(
      'must begin with sk-',
    )
  })

  test('with a space in it is refused', () => {
    expect(told(loadYaml(`general_settings: {master_key: "${STRONG} "}`), 'error')[0]).toContain('without spaces')
  })

  test('that is also the salt key is refused', () => {
    const loaded = loadYaml(`general_settings: {master_key: ${STRONG}}`, { env: { LITELLM_SALT_KEY: STRONG } })
    expect(told(loaded, 'error')[0]).toContain('LITELLM_SALT_KEY')
  })

  test('that a provider would get is refused, at the line of the provider', () => {
    const text = `general_settings: {master_key: ${STRONG}}
model_list:
  - {model_name: m, litellm_params: {model: openai/m, api_key: ${STRONG}}}`
    expect(told(loadYaml(text), 'error')[0]).toMatch(
      /^3 model_list\[0\]\.litellm_params\.api_key The master key is sent/,
    )
  })

  test('that is a provider key of the environment is refused; the variable of our own clients is not one', () => {
    const text = `general_settings: {master_key: ${STRONG}}`
    expect(told(loadYaml(text, { env: { OPENAI_API_KEY: STRONG } }), 'error')[0]).toContain('OPENAI_API_KEY')
    expect(loadYaml(text, { env: { LITELLM_API_KEY: STRONG } }).findings).toEqual([])
  })

  test('of the environment is checked as well', () => {
    expect(told(loadYaml('', { env: { LITELLM_MASTER_KEY: 'secret' } }), 'error')[0]).toMatch(/^- LITELLM_MASTER_KEY /)
  })
})

describe('the database', () => {
  test.each([
    ['mysql://h/d', 'begins with postgresql://'],
    ['not a url', 'begins with postgresql://'],
    ['postgresql://h/d?schema=gateway', 'a schema other than public'],
  ])('%s is refused', (url, says) => {
    expect(told(loadYaml(`general_settings: {database_url: "${url}"}`), 'error')[0]).toContain(says)
    expect(told(loadYaml('', { env: { DATABASE_URL: url } }), 'error')[0]).toContain(says)
  })

  test('settings in the URL that only another database layer reads are warned of', () => {
    const loaded = loadYaml('general_settings: {database_url: "postgres://h/d?schema=public&connection_limit=5"}')
    expect(told(loaded, 'warning')[0]).toContain('connection_limit in the URL has no effect')
    expect(loaded.settings?.databaseUrl).toBeDefined()
  })

  test('a host without a user or a name is refused', () => {
    expect(told(loadYaml('', { env: { DATABASE_HOST: 'h' } }), 'error')[0]).toContain('DATABASE_USER is not')
  })
})

describe('C-02: the key that seals stored secrets', () => {
  test.each(['short', 'sk-1234', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'])('%s is weak', (LITELLM_SALT_KEY) => {
    const loaded = loadYaml('general_settings: {}', { env: { LITELLM_SALT_KEY } })
    expect(told(loaded, 'warning')[0]).toContain('short or well known')
    const elsewhere = { env: { LITELLM_SALT_KEY, HOST: '0.0.0.0' } }
    expect(told(loadYaml('general_settings: {}', elsewhere), 'error').join()).toContain('to listen elsewhere')
  })

  test('of good length is strong, and absent it is not weak', () => {
    const yaml = 'general_settings: {}'
    for (const env of [{}, { LITELLM_SALT_KEY: STRONG }]) {
      expect(told(loadYaml(yaml, { env }), 'warning').join()).not.toContain('short or well known')
    }
  })
})

describe('where models may be stored', () => {
  test.each([
    ['', {}, false],
    ['general_settings: { store_model_in_db: true }', {}, true],
    ['', { STORE_MODEL_IN_DB: 'True' }, true],
    ['general_settings: { store_model_in_db: false }', { STORE_MODEL_IN_DB: 'True' }, false],
  ])('%s %o', (yaml, env, stores) => {
    expect(loadYaml(yaml, { env }).settings?.storeModels).toBe(stores)
  })

  test.each(['10.0.0.0/8', '10.0.0.0/33:80', 'host:0', 'host:70000', '[10.0.0.1]:80', '1.2.3:80', '::1:80', 'a b:1'])(
    '%s is no destination to allow',
    (entry) => {
      const loaded = loadYaml(`general_settings: { provider_egress_allow: ["${entry}"] }`)
      expect(told(loaded, 'error')[0]).toContain('provider_egress_allow')
    },
  )
})
