import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../support/identity-provider.ts'
import { startIdentityProvider } from '../support/identity-provider.ts'
import { makeKey, rawToken, signToken } from '../support/raw-token.ts'
import type { Ran } from '../support/run-cli.ts'
import { runCli } from '../support/run-cli.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-check-token-'))
let idp: IdentityProvider
let config = ''

beforeAll(async () => {
  idp = await startIdentityProvider()
  config = configure({})
})
afterAll(async () => {
  await idp.stop()
  rmSync(home, { recursive: true, force: true })
})

let files = 0
function write(name: string, text: string): string {
  files += 1
  const path = join(home, `${files}-${name}`)
  writeFileSync(path, text)
  return path
}

function configure(auth: object): string {
  const litellm_jwtauth = {
    user_id_jwt_field: 'sub',
    user_email_jwt_field: 'email',
    team_ids_jwt_field: 'groups',
    user_id_upsert: true,
    issuers: [{ issuer: idp.issuer, audience: idp.audience, jwks_url: idp.jwksUrl }],
    ...auth,
  }
  return write('config.yaml', JSON.stringify({ general_settings: { enable_jwt_auth: true, litellm_jwtauth } }))
}

function check(token: string, file = config): Promise<Ran> {
  return runCli(['check', file, '--token', '-'], { input: `Bearer ${token}\n` })
}

test('a good token exits with 0, and says who it is and by which settings', async () => {
  const token = idp.token({ sub: 'ada', email: 'ada@example.com', email_verified: true, groups: ['blue'] })
  const { code, stdout, stderr } = await check(token)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`${config}: no errors`)
  expect(stdout).toContain(`token: verified\n  profile: ${idp.issuer}\n`)
  expect(stdout).toContain('  user: "ada" (user_id_jwt_field: "sub")\n')
  expect(stdout).toContain('  e-mail: "ada@example.com" (user_email_jwt_field: "email")\n')
  expect(stdout).toContain('  teams: ["blue"] (team_ids_jwt_field: "groups")\n')
  expect(stdout).not.toContain(token)
})

test('the token may stand in a file, or be the argument itself', async () => {
  const token = idp.token({ sub: 'ada' })
  for (const argument of [write('token.jwt', `${token}\n`), token]) {
    expect((await runCli(['check', config, '--token', argument])).stdout).toContain('user: "ada"')
  }
  const { code, stderr } = await runCli(['check', config, '--token', join(home, 'absent.jwt')])
  expect(code).toBe(2)
  expect(stderr).toContain('absent.jwt')
})

test('--json says the same to machines', async () => {
  const good = await runCli(['check', config, '--json', '--token', '-'], { input: idp.token({ sub: 'ada' }) })
  expect(JSON.parse(good.stdout)).toMatchObject({
    ok: true,
    token: { verified: true, usable: true, facts: { subject: 'ada' } },
  })
  const bad = await runCli(['check', config, '--json', '--token', '-'], { input: idp.token({ aud: 'other' }) })
  expect(JSON.parse(bad.stdout)).toMatchObject({ ok: true, token: { verified: false, reason: 'jwt_aud_mismatch' } })
  expect(bad.code).toBe(1)
})

describe('a token that is refused exits with 1 and the reason', () => {
  const now = Math.floor(Date.now() / 1000)
  const stranger = makeKey('RS256', { kid: 'rs256' })
  test.each([
    ['jwt_expired', () => idp.token({ iat: now - 900, exp: now - 600 })],
    ['jwt_aud_mismatch', () => idp.token({ aud: 'other' })],
    ['jwt_iss_unknown', () => idp.token({ iss: 'https://other.example.com' })],
    ['jwt_sig_invalid', () => signToken({ key: stranger, claims: idp.claims() })],
    ['jwt_kid_unknown', () => idp.token({}, { header: { kid: 'withdrawn' } })],
    ['jwt_alg_not_allowed', () => rawToken({ header: { alg: 'none' }, payload: idp.claims(), signature: 'c2ln' })],
    ['jwt_lifetime', () => idp.token({ exp: now + 200_000 })],
    ['jwt_sub_missing', () => idp.token({ sub: undefined })],
    ['jwt_claim_type', () => idp.token({ groups: { a: 1 } })],
  ] as const)('%s', async (reason, make) => {
    const token = make()
    const { code, stdout } = await check(token)
    expect(code, stdout).toBe(1)
    expect(stdout).toMatch(new RegExp(`^token: .*refused.*, ${reason}: `, 'm'))
    expect(stdout).not.toContain(token.split('.')[2] || 'eyJ')
  })

  test('one that the policy refuses whatever is called', async () => {
    const domain = configure({ user_allowed_email_domain: 'example.com' })
    expect(await check(idp.token({ email: 'ada@other.org' }), domain)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('jwt_email_denied: '),
    })
    const roles = configure({ enforce_rbac: true, user_id_jwt_field: 'uid' })
    expect((await check(idp.token(), roles)).stdout).toContain('jwt_role_unmapped: ')
    expect((await check(idp.token({ uid: 'ada' }), roles)).code).toBe(0)
  })

  test('one that leads to nobody, whoever is there', async () => {
    const nobody = configure({ user_id_jwt_field: 'uid', team_ids_jwt_field: undefined })
    expect(await check(idp.token(), nobody)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('principal_unknown: '),
    })
    const team = configure({ team_id_jwt_field: 'tid' })
    expect((await check(idp.token(), team)).stdout).toContain('jwt_claim_missing: ')
    const key = configure({ virtual_key_claim_field: 'azp', unregistered_jwt_client_behavior: 'reject' })
    expect((await check(idp.token(), key)).stdout).toContain('jwt_key_claim_missing: ')
    expect((await check(idp.token({ azp: 'c1' }), key)).stdout).toContain('claim for a key: "c1"')
  })

  test('an encrypted one, and it is echoed nowhere', async () => {
    const encrypted = `eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..${'a'.repeat(16)}.${'b'.repeat(40)}.${'c'.repeat(22)}`
    for (const argument of [encrypted, `Bearer ${encrypted}`]) {
      const { code, stdout, stderr } = await runCli(['check', config, '--token', argument])
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(stdout).toContain('token: refused, jwt_jwe_unsupported: ')
      expect(stdout).not.toContain('bbbb')
    }
  })

  test('and one that the operator’s own module refuses', async () => {
    const custom_validate = write('validate.mjs', "export default (claims) => claims.sub === 'ada'")
    const file = configure({ custom_validate })
    expect((await check(idp.token({ sub: 'ada' }), file)).code).toBe(0)
    expect(await check(idp.token({ sub: 'eve' }), file)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('jwt_custom_denied: '),
    })
    const broken = configure({ custom_validate: write('empty.mjs', 'export const a = 1') })
    expect(await check(idp.token(), broken)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('custom_validate'),
    })
  })

  test('where the provider cannot be asked, it says so', async () => {
    idp.fail({ status: 500 }, 'jwks')
    const { code, stdout, stderr } = await check(idp.token())
    idp.recover()
    expect(code).toBe(1)
    expect(stdout).toContain('jwks_unavailable: ')
    expect(stderr).toContain(idp.jwksUrl)
  })
})

test('what is no token, and a configuration that takes none, exit with 2', async () => {
  expect(await check('sk-1234')).toMatchObject({ code: 2, stdout: expect.stringContaining('virtual key') })
  const plain = write('plain.yaml', JSON.stringify({ model_list: [] }))
  expect(await check(idp.token(), plain)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('enable_jwt_auth'),
  })
})

test('a configuration with errors judges no token', async () => {
  const wrong = write('wrong.yaml', JSON.stringify({ model_lst: [] }))
  const { code, stdout } = await check(idp.token(), wrong)
  expect(code).toBe(1)
  expect(stdout).toContain('model_lst')
  expect(stdout).not.toContain('token:')
})
