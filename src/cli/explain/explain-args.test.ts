import { expect, test } from 'vitest'
import { parseExplainArgs } from './explain-args.ts'

const FILES: Readonly<Record<string, string>> = {
  'claims.json': '{"sub":"ada"}',
  'token.jwt': 'Bearer a.b.c\n',
  '-': '{}',
}

function parse(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return parseExplainArgs(argv, env, async (name) => {
    const text = FILES[name]
    if (text === undefined) throw new Error('gone')
    return text
  })
}

const CHAT = '/v1/chat/completions'

test('everything that can be asked', async () => {
  const call = ['--method', 'POST', '--model', 'm', '--header', 'X-A: 1:2', '--header', 'b:', '--body', '{"n":1}']
  expect(await parse([CHAT, '--user', 'ada', '--team', 'blue', ...call, '--json'])).toEqual({
    is: 'args',
    args: {
      place: { is: 'gateway', url: 'http://127.0.0.1:4000' },
      ask: {
        route: CHAT,
        method: 'POST',
        model: 'm',
        headers: { 'X-A': '1:2', b: '' },
        body: { n: 1 },
        user_id: 'ada',
        team_id: 'blue',
      },
      json: true,
    },
  })
  const claims = await parse([CHAT, '--claims', 'claims.json', '--issuer', 'i'])
  expect(claims).toMatchObject({ args: { ask: { claims: { sub: 'ada' }, issuer: 'i' }, json: false } })
  expect(await parse([CHAT, '--token', 'token.jwt'])).toMatchObject({ args: { ask: { token: 'a.b.c' } } })
  expect(await parse([CHAT, '--key', 'sk-1', '--body', '-'])).toMatchObject({
    args: { ask: { key: 'sk-1', body: {} } },
  })
})

test('whom to ask: the option, else the environment, else this machine', async () => {
  const env = { LATCHKEY_URL: 'https://gw' }
  expect(await parse([CHAT], env)).toMatchObject({ args: { place: { url: 'https://gw' } } })
  expect(await parse([CHAT, '--url', 'https://b'], env)).toMatchObject({ args: { place: { url: 'https://b' } } })
  expect(await parse([CHAT, '-c', 'f', '--data-dir', 'd'], env)).toMatchObject({
    args: { place: { is: 'configuration', file: 'f', dataDir: 'd' } },
  })
})

test.each([
  [[], /Which route\?/],
  [[CHAT, '/v1/models'], /One route at a time/],
  [[CHAT, '--header', 'nothing'], /'name: value', not nothing/],
  [[CHAT, '--header', ': x'], /'name: value'/],
  [[CHAT, '--claims', '[1]'], /--claims takes a JSON object/],
  [[CHAT, '--claims', 'gone.json'], /--claims takes a JSON object/],
  [[CHAT, '--body', '{"a":'], /--body takes a JSON object/],
  [[CHAT, '--token', 'gone'], /cannot be read from gone/],
  [[CHAT, '--wrong'], /--wrong/],
  [[CHAT, '--url', 'a', '--config', 'b'], /exclude each other/],
  [[CHAT, '--data-dir', 'd'], /--data-dir goes with --config/],
] as const)('%j is no question', async (argv, says) => {
  expect(await parse(argv)).toEqual({ is: 'flaw', flaw: expect.stringMatching(says) })
})

test('help is given for anything', async () => {
  expect(await parse(['--help'])).toEqual({ is: 'help' })
})
