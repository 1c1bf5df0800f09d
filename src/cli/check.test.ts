import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deny } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import type { TokenTools } from './check-token.ts'
import { runCheck } from './check.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const REFUSING: TokenTools = {
  readToken: async (name) => (name === '-' ? 'a.b.c' : Promise.reject(new Error('gone'))),
  openVerifier: () => ({
    verifyJwt: () => deny('token-expired', 'jwt_expired'),
    verifyOpaque: undefined,
    judgeClaims: () => deny('token-refused', 'jwt_malformed'),
    profileOf: () => undefined,
    shared: undefined,
    close: async () => {},
  }),
  readFacts: () => deny('token-refused', 'jwt_claim_type'),
  now: () => epochMs(0),
}

function check(argv: readonly string[], env: Record<string, string> = {}) {
  let out = ''
  let err = ''
  const write = (text: string): void => void (out += text)
  const writeError = (text: string): void => void (err += text)
  return { code: runCheck(argv, { env, write, writeError, tokens: REFUSING }), out, err }
}

function file(text: string): string {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, text)
  return path
}

test('a good file exits with 0 and a summary', () => {
  const path = file('model_list:\n  - {model_name: m, litellm_params: {model: openai/m}}\n')
  expect(check([path])).toEqual({ code: 0, out: `${path}: no errors, no warnings, no notes\n`, err: '' })
})

test('a wrong file exits with 1, and says where', () => {
  const path = file('model_lst: []\n')
  const { code, out } = check([path])
  expect(code).toBe(1)
  expect(out).toBe(
    `${path}:1:1 error model_lst: There is no such setting. Did you mean model_list?\n${path}: 1 error, no warnings, no notes\n`,
  )
})

test('warnings alone do not fail', () => {
  const path = file('router_settings: {num_retries: os.environ/GONE}\n')
  expect(check([path]).code).toBe(0)
})

test.each([
  ['opnai/gpt-4o', '', `4:14 error P.model: There is no provider "opnai". Did you mean openai?`],
  ['gpt-5', 'custom_llm_provider: antropic', 'P.custom_llm_provider: There is no provider "antropic". Did you mean'],
  ['anthropic/claude', '', '4:14 error P.model: The provider "anthropic" does not speak the OpenAI wire'],
  ['mystery-model', '', '4:14 error P.model: "mystery-model" names no provider.'],
  ['hosted_vllm/m', '', '3:21 error P.api_base: The provider "hosted_vllm" needs api_base.'],
  ['openai/m', 'api_base: http://169.254.169.254/v1', 'P.api_base: This host is never called'],
  ['openai/m', 'api_base: https://h/v1?a=1', 'P.api_base: The address must not carry a query or fragment.'],
])('a model that can have no deployment is named with its line: %s %s', (model, more, says) => {
  const path = file(`model_list:
  - model_name: m
    litellm_params: {
      model: ${model}, ${more}}
`)
  const { code, out } = check([path])
  expect(code).toBe(1)
  expect(out).toContain(says.replace('P', 'model_list[0].litellm_params').replace('3:21', `${path}:3:21`))
  expect(out).toMatch(/^\S+config\.yaml:\d+:\d+ error /)
})

const ODD_HOSTS =
  '127.1 0x7f000001 2130706433 017700000001 [::ffff:127.0.0.1] [64:ff9b::7f00:1] 0.0.0.0 localhost. 169.254.169.254 ' +
  '0xa9fea9fe metadata.google.internal metadata.google.internal. \uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 ' +
  'ex\u00e4mple.org [::] [0:0:0:0:0:0:0:1] [::ffff:a9fe:a9fe]'
test.each(ODD_HOSTS.split(' '))('AC-119: the address http://%s/v1 is refused', (host) => {
  const path = file(
    `model_list:\n  - {model_name: m, litellm_params: {model: openai/m, api_base: "http://${host}/v1"}}\n`,
  )
  const { code, out } = check([path])
  expect(code).toBe(1)
  expect(out).toMatch(/:2:\d+ error model_list\[0\]\.litellm_params\.api_base/)
})

test.each([
  '127.0.0.1:8000',
  'localhost:8000',
  'LOCALHOST',
  '[::1]:8000',
  '10.0.0.7',
  'vllm.internal',
  'xn--exmple-cua.org',
])('the address http://%s/v1 is the operator’s to name', (host) => {
  const path = file(
    `model_list:\n  - {model_name: m, litellm_params: {model: openai/m, api_base: "http://${host}/v1"}}\n`,
  )
  expect(check([path])).toMatchObject({ code: 0 })
})

test('an address of a credential is blamed where it is written, one of the environment by its name', () => {
  const path = file(`model_list:
  - {model_name: a, litellm_params: {model: openai/a, litellm_credential_name: c}}
  - {model_name: b, litellm_params: {model: groq/b}}
credential_list:
  - credential_name: c
    credential_values: {api_base: "https://h/v1?a=1"}
`)
  const { out } = check([path], { GROQ_API_BASE: 'nowhere' })
  expect(out).toContain(`${path}:6:35 error model_list[0].litellm_params.api_base`)
  expect(out).toContain('environment error GROQ_API_BASE: This is not a URL.')
})

test('mistakes in settings hide no mistakes in models', () => {
  const path = file('model_lst: []\nmodel_list:\n  - {model_name: m, litellm_params: {model: opnai/m}}\n')
  const { out } = check([path])
  expect(out).toContain(':1:1 error model_lst')
  expect(out).toContain(':3:45 error model_list[0].litellm_params.model')
  expect(out).toContain('2 errors')
})

test('a secret in the place of a model is not repeated', () => {
  const { out } = check([file('model_list:\n  - {model_name: m, litellm_params: {model: sk-proj-abcdef0123}}\n')])
  expect(out).toContain(':2:45 error')
  expect(out).not.toContain('sk-proj')
})

test('a weak master key is an error for --host and HOST that are not loopback', () => {
  const path = file('general_settings: {master_key: sk-1234}\n')
  expect(check([path]).code).toBe(0)
  expect(check([path, '--host', '0.0.0.0'])).toMatchObject({ code: 1, out: expect.stringContaining(`${path}:1:`) })
  expect(check([path], { HOST: '0.0.0.0' }).code).toBe(1)
})

test('--json gives the findings to machines', () => {
  const path = file('model_lst: []\n')
  const { code, out } = check(['--json', path])
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    file: path,
    ok: false,
    findings: [{ severity: 'error', line: 1, key: 'model_lst' }],
  })
})

test('a missing file is a finding', () => {
  const { code, out } = check([join(folder, 'gone.yaml')])
  expect(code).toBe(1)
  expect(out).toContain('There is no such file.')
})

test('the file may come from --config or CONFIG_FILE_PATH', () => {
  const path = file('model_list: []\n')
  expect(check(['--config', path]).code).toBe(0)
  expect(check([], { CONFIG_FILE_PATH: path }).code).toBe(0)
})

test.each([
  { argv: [], says: 'Which file?' },
  { argv: ['a', 'b'], says: 'one file at a time: a b' },
  { argv: ['--wrong'], says: "Unknown option '--wrong'" },
])('$argv exits with 2, says what is wrong and how to ask', ({ argv, says }) => {
  const { code, out, err } = check(argv)
  expect(code).toBe(2)
  expect(out).toBe('')
  expect(err).toContain(says)
  expect(err).toContain('latchkey check FILE')
})

describe('--token', () => {
  const issuer = '{ issuer: "https://idp.example.com", audience: gateway }'
  const good = `general_settings: { enable_jwt_auth: true, litellm_jwtauth: { issuers: [${issuer}] } }\n`

  async function checkToken(argv: readonly string[]) {
    let out = ''
    let err = ''
    const io = {
      env: {},
      write: (text: string) => void (out += text),
      writeError: (text: string) => void (err += text),
    }
    const code = await runCheck(argv, { ...io, tokens: REFUSING })
    return { code, out, err }
  }

  test('is judged after the configuration, and a refusal exits with 1', async () => {
    const path = file(good)
    const { code, out } = await checkToken([path, '--token', '-'])
    expect(code).toBe(1)
    expect(out).toBe(
      `${path}: no errors, no warnings, no notes\ntoken: refused, jwt_expired: Token Expired\n  profile: none; it names no issuer that is listed\n`,
    )
    const { out: json } = await checkToken([path, '--token', '-', '--json'])
    expect(JSON.parse(json)).toMatchObject({ ok: true, token: { verified: false, reason: 'jwt_expired' } })
  })

  test('is not judged by a configuration with errors', async () => {
    const { code, out } = await checkToken([file('model_lst: []\n'), '--token', '-'])
    expect(code).toBe(1)
    expect(out).not.toContain('token:')
  })

  test('that cannot be read, or is not about these settings, exits with 2', async () => {
    expect(await checkToken([file(good), '--token', 'gone'])).toMatchObject({ code: 2, out: '' })
    expect(await checkToken([file('model_list: []\n'), '--token', '-'])).toMatchObject({ code: 2 })
  })
})
