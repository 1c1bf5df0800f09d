import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_KEY, startGateway } from '../../support/gateway.ts'
import type { Ran } from '../../support/run-cli.ts'
import { runCli } from '../../support/run-cli.ts'
import { digestOf } from '../authority/support/caller.ts'
import { userRow } from '../jwt/support/asks.ts'
import { newKey, newTeam, newUser, update } from '../jwt/support/people.ts'
import type { Town, TownOptions } from '../jwt/support/town.ts'
import { configure, fresh, openTown } from '../jwt/support/town.ts'

const CHAT = '/v1/chat/completions'
const home = mkdtempSync(join(tmpdir(), 'latchkey-explain-'))
const AUTH = { user_id_jwt_field: 'sub', team_ids_jwt_field: 'groups', admin_allowed_routes: ['management_routes'] }
let town: Town

beforeAll(async () => {
  town = await openTown({ auth: AUTH })
})
afterAll(async () => {
  await town.close()
  rmSync(home, { recursive: true, force: true })
})

interface As {
  readonly key?: string
  readonly input?: string
}

function explain(args: readonly string[], { key = MASTER_KEY, input }: As = {}): Promise<Ran> {
  const env = { LATCHKEY_URL: town.gateway.url, LATCHKEY_KEY: key }
  return runCli(['explain', ...args], { env, ...(input === undefined ? {} : { input }) })
}

/** As an operator would write it before it is in service. */
function written(options: TownOptions): { readonly file: string; readonly env: Readonly<Record<string, string>> } {
  const { config, env } = configure(options, town.idp, town.upstream)
  const file = join(home, `${fresh('config')}.yaml`)
  writeFileSync(file, JSON.stringify(config))
  return { file, env: { ...env, DATABASE_URL: town.databaseUrl } }
}

test('a refusal exits with 1, and says the step, the reason and the change, which is right', async () => {
  const key = await newKey(town, { user_id: await newUser(town), models: ['m2'] })
  const { code, stdout, stderr } = await explain([CHAT, '--key', digestOf(key), '--model', 'm1'])
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout).toMatch(/^refused: POST \/v1\/chat\/completions \(401, model_denied\)\n {2}key not allowed/)
  expect(stdout).toContain('\n  DENY model model_denied\n')
  expect(stdout).toContain('\nwhat would allow it:\n  Let the key ')
  const [, body = ''] = /^ {4}POST \/key\/update (.+)$/m.exec(stdout) ?? []
  await update(town, '/key/update', JSON.parse(body) as object)
  const after = await explain([CHAT, '--key', digestOf(key), '--model', 'm1'])
  expect([after.code, after.stdout]).toEqual([0, expect.stringMatching(/^allowed: /)])
})

test('a token, from a file or standard input; a claim set, as text or from a file; a user in a team', async () => {
  const sub = await newUser(town)
  const team = await newTeam(town, { models: ['m1'] })
  const token = town.idp.token({ sub, groups: [team] })
  const file = join(home, 'token.jwt')
  writeFileSync(file, `Bearer ${token}\n`)
  const claims = JSON.stringify({ sub, groups: [team] })
  const claimFile = join(home, 'claims.json')
  writeFileSync(claimFile, claims)
  const issuer = ['--issuer', town.idp.issuer]
  const ways: readonly (readonly [args: readonly string[], input?: string])[] = [
    [['--token', file]],
    [['--token', '-'], token],
    [['--claims', claims, ...issuer]],
    [['--claims', claimFile, ...issuer]],
    [['--claims', '-', ...issuer], claims],
  ]
  for (const [args, input] of ways) {
    const asked = await explain([CHAT, '--model', 'm1', ...args], input === undefined ? {} : { input })
    expect(asked.code, asked.stdout + asked.stderr).toBe(0)
    expect(asked.stdout).toContain(`  user_id: "${sub}"\n  `)
    expect(asked.stdout).toContain(`  team_id: "${team}"\n`)
    expect(asked.stdout).not.toContain(token)
  }
  const outsider = await explain([CHAT, '--model', 'm1', '--user', sub, '--team', team])
  expect([outsider.code, outsider.stdout]).toEqual([1, expect.stringContaining('team_required')])
  const header = `x-litellm-team-id: ${fresh('other')}`
  const elsewhere = await explain([CHAT, '--model', 'm1', '--token', file, '--header', header])
  expect(elsewhere.stdout).toContain('team_not_in_token')
  const body = JSON.stringify({ fallbacks: ['m2'] })
  expect((await explain([CHAT, '--model', 'm1', '--token', file, '--body', body])).stdout).toContain('DENY fallback')
})

test('--json is what the gateway says', async () => {
  const { code, stdout } = await explain(['/key/list', '--method', 'GET', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'allow', method: 'GET', route: '/key/list', change: null })
})

test('whoever is no administrator asks about itself', async () => {
  const key = await newKey(town, { user_id: await newUser(town), models: ['m2'] })
  expect((await explain([CHAT, '--model', 'm1'], { key })).stdout).toContain('model_denied')
  const other = await explain([CHAT, '--model', 'm1', '--user', await newUser(town)], { key })
  expect([other.code, other.stdout, other.stderr]).toEqual([2, '', 'latchkey: not explained (404): Not found.\n'])
})

test('a configuration is asked before it is in service, beside the gateway that is', async () => {
  const sub = await newUser(town, { user_role: 'proxy_admin' })
  const who = ['--claims', JSON.stringify({ sub }), '--issuer', town.idp.issuer]
  const now = await explain([CHAT, '--model', 'm1', ...who])
  expect(now.stdout).toContain('jwt_admin_route')
  const { file, env } = written({
    auth: { ...AUTH, admin_allowed_routes: ['management_routes', CHAT], user_id_upsert: true },
  })
  const scratch = mkdtempSync(join(home, 'tmp-'))
  const options = { env: { ...env, TMPDIR: scratch } }
  const then = await runCli(['explain', CHAT, '--model', 'm1', ...who, '--config', file], options)
  expect([then.code, then.stdout], then.stderr).toEqual([0, expect.stringMatching(/^allowed: /)])

  const newcomer = fresh('newcomer')
  const claims = ['--claims', JSON.stringify({ sub: newcomer }), '--issuer', town.idp.issuer]
  const made = await runCli(['explain', CHAT, '--model', 'm1', ...claims, '--config', file], options)
  expect([made.code, made.stdout], made.stderr).toEqual([0, expect.stringContaining('would be made:')])
  expect(await userRow(town, newcomer)).toBeUndefined()
  expect(readdirSync(scratch)).toEqual([])
})

test('an embedded store is asked while no gateway has it, and none is made', async () => {
  const dataDir = join(home, 'data')
  const file = join(home, 'plain.yaml')
  // The command sends its own key where this gateway looks for keys.
  writeFileSync(file, '{"general_settings":{"litellm_key_header_name":"X-Our-Key"}}')
  const args = ['explain', CHAT, '--user', 'ada', '--config', file, '--data-dir', dataDir]
  const absent = await runCli(args)
  expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining('there is no installation in')])
  expect(readdirSync(home)).not.toContain('data')

  const gateway = await startGateway({ dataDir })
  const inUse = await runCli(args)
  await gateway.stop()
  expect([inUse.code, inUse.stderr]).toEqual([2, expect.stringContaining('Another process')])
  const free = await runCli(args)
  expect([free.code, free.stdout], free.stderr).toEqual([1, expect.stringContaining('principal_unknown')])
})

test('a configuration that does not serve the question to others is asked all the same', async () => {
  const file = join(home, `${fresh('few-routes')}.yaml`)
  writeFileSync(file, JSON.stringify({ general_settings: { allowed_routes: ['/v1/models'] } }))
  const env = { DATABASE_URL: town.databaseUrl }
  const [served, unserved, itself] = await Promise.all(
    ['/v1/models', '/key/list', '/authz/explain'].map((route) => runCli(['explain', route, '--config', file], { env })),
  )
  expect([served?.code, served?.stdout], served?.stderr).toEqual([0, expect.stringMatching(/^allowed: /)])
  for (const refused of [unserved, itself]) {
    expect([refused?.code, refused?.stdout], refused?.stderr).toEqual([1, expect.stringMatching(/^refused: /)])
    expect(refused?.stdout).toContain('allowed_routes')
  }
})

test('what is wrong with the question is said, and exits with 2', async () => {
  const wrong = join(home, 'wrong.yaml')
  writeFileSync(wrong, 'model_lst: []\n')
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [[], 'Which route?'],
    [[CHAT, '--config', wrong], 'model_lst'],
    [[CHAT, '--url', 'http://127.0.0.1:9'], 'no answer from http://127.0.0.1:9'],
    [['/v1/chat/completion'], 'Did you mean /v1/chat/completions?'],
    [['/v1/models', '--team', 'x'], 'not explained (422): `team_id` goes with `user_id`.'],
  ]
  for (const [args, says] of cases) {
    const { code, stdout, stderr } = await explain(args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(says)])
  }
  const silent = await runCli(['explain', CHAT], { env: { LATCHKEY_URL: town.gateway.url } })
  expect([silent.code, silent.stderr]).toEqual([2, expect.stringContaining('LATCHKEY_KEY')])
  const inHeader = (LATCHKEY_KEY_HEADER: string) =>
    runCli(['explain', '/v1/models'], {
      env: { LATCHKEY_URL: town.gateway.url, LATCHKEY_KEY: MASTER_KEY, LATCHKEY_KEY_HEADER },
    })
  expect((await inHeader('X-LiteLLM-API-Key')).code).toBe(0)
  expect((await inHeader('X-Nobody-Looks')).stderr).toContain('not explained (401)')
  expect((await inHeader('two words')).stderr).toBe('latchkey: LATCHKEY_KEY_HEADER is no name of a header.\n')
  const help = await runCli(['explain', '--help'])
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('latchkey explain ROUTE')])
})
