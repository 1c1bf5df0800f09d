import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, mockModel } from '../../support/gateway.ts'
import type { ScriptChange } from '../../support/mock-upstream/script.ts'
import { Canaries, readAll } from './support/canaries.ts'
import type { Answer, Ask, Stand } from './support/stand.ts'
import { CHAT, chatBody, ledgerRows, startStand, stringAt } from './support/stand.ts'
import { head, sendRaw } from './support/raw-socket.ts'

/** Secrets of the operator, of callers and of providers: none may be seen by anybody. */
const secrets = new Canaries()
/** What callers and models say: theirs to see, not for logs, metrics, rows or files. */
const words = new Canaries()

const masterKey = secrets.plant('master key', 'sk-')
const providerKey = secrets.plant('provider key', 'sk-')
const keyFromEnvironment = secrets.plant('provider key from the environment', 'sk-')
const extraHeader = secrets.plant('extra header of a deployment')
const environment = secrets.plant('environment variable of nobody’s concern')
const declared = secrets.plant('environment_variables')
const organization = secrets.plant('organization of a deployment', 'org-')

const home = mkdtempSync(join(tmpdir(), 'latchkey-canary-'))
const answers: string[] = []
const revealed: string[] = []
/** Answers of management calls that named a key by its secret. */
const managed: Answer[] = []
let metrics = ''
let ledger = ''
let output = ''
let files = ''

let stand: Stand

async function note(answer: Promise<Answer>): Promise<Answer> {
  const settled = await answer
  answers.push(settled.text, JSON.stringify(settled.headers))
  return settled
}

function scripted(change: ScriptChange): void {
  stand.upstream.script('mock-scripted', change)
}

const caller = (ask: Ask): Promise<Answer> => note(stand.asCaller(ask))
const admin = (ask: Ask): Promise<Answer> => note(stand.asMaster(ask))

/** One run over everything that is there; what is searched afterwards is what it left behind. */
beforeAll(async () => {
  stand = await startStand({
    masterKey,
    dataDir: join(home, 'data'),
    args: ['--detailed_debug'],
    env: { PROVIDER_KEY_IN_ENV: keyFromEnvironment, SOMETHING_PRIVATE: environment, LITELLM_LOG: 'DEBUG' },
    configure: (upstream) => ({
      model_list: [
        mockModel('mock-ok', upstream.apiBase, {
          api_key: providerKey,
          extra_headers: { 'x-tenant-secret': extraHeader },
        }),
        mockModel('mock-echo', upstream.apiBase, { api_key: 'os.environ/PROVIDER_KEY_IN_ENV', organization }),
        mockModel('mock-scripted', upstream.apiBase, { api_key: providerKey }),
        mockModel('mock-401-leak', upstream.apiBase, { api_key: providerKey }),
        mockModel('mock-reset-at-once', upstream.apiBase, { api_key: providerKey }),
        mockModel('unreachable', 'http://127.0.0.1:1/v1', { api_key: providerKey }),
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true },
      environment_variables: { SOME_DECLARED_TOKEN: declared },
    }),
  })
  secrets.watch('virtual key', stand.key)

  await keysAreMade()
  await callersMisbehave()
  await callersTalk()
  await providersTalk()

  for (const path of [
    '/model/info',
    '/v2/model/info',
    '/model_group/info',
    '/v1/models',
    '/key/list?return_full_object=true',
  ]) {
    await admin({ path })
  }
  await ledgerRows(stand, ['last-words'])
  ledger = (await admin({ path: '/spend/logs' })).text
  metrics = (await admin({ path: '/metrics' })).text
  await stand.close()
  output = stand.gateway.stdout() + stand.gateway.stderr()
  files = readAll(home)
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

async function keysAreMade(): Promise<void> {
  const made = await stand.asMaster({ path: '/key/generate', body: { key_alias: 'shown-once' } })
  const first = stringAt(made.text, 'key')
  const again = await stand.asMaster({ path: '/key/regenerate', body: { key: first } })
  const second = stringAt(again.text, 'key')
  secrets.watch('a generated key', first)
  secrets.watch('a regenerated key', second)
  revealed.push(made.text, again.text)
  await admin({ path: `/key/info?key=${second}` })
  managed.push(await stand.asMaster({ path: '/key/update', body: { key: second, key_alias: 'renamed' } }))
  await admin({ path: '/key/block', body: { key: second } })
  await note(stand.call({ path: '/v1/models', headers: bearer(second) }))
  await note(stand.call({ path: '/v1/models', headers: bearer(first) }))
  managed.push(await stand.asMaster({ path: '/key/delete', body: { keys: [second] } }))
  const chosen = secrets.plant('a chosen key', 'sk-Xy7')
  const own = await stand.asMaster({ path: '/key/generate', body: { key: chosen } })
  if (own.status === 200) revealed.push(own.text)
  else answers.push(own.text)
  await admin({ path: '/key/generate', body: { key: secrets.plant('a refused key', 'no-') } })
}

async function callersMisbehave(): Promise<void> {
  const body = chatBody('mock-ok')
  const guess = secrets.plant('a wrong key', 'sk-')
  for (const headers of [
    bearer(guess),
    { 'x-api-key': guess },
    { authorization: `Basic ${guess}` },
    { authorization: guess },
  ]) {
    await note(stand.call({ path: CHAT, headers, body }))
  }
  const inHeaders = secrets.plant('header values')
  for (const name of [
    'cookie',
    'x-custom',
    'referer',
    'proxy-authorization',
    'x-forwarded-for',
    'origin',
    'x-litellm-nonsense',
  ]) {
    await caller({ path: CHAT, headers: { [name]: inHeaders }, body })
  }
  const inQuery = secrets.plant('query values')
  for (const path of [`${CHAT}?api_key=${inQuery}`, `/v1/models?token=${inQuery}`, `/no/such/route?x=${inQuery}`]) {
    await caller({ path, body })
    await note(stand.call({ path }))
  }
  const forbidden = secrets.plant('forbidden parameter values')
  for (const more of [
    { api_key: forbidden },
    { api_base: `http://${forbidden}.example` },
    { extra_body: { api_key: forbidden } },
    { extra_headers: { authorization: forbidden } },
    { metadata: { api_key: forbidden, langfuse_secret_key: forbidden } },
    { litellm_params: { api_key: forbidden } },
  ]) {
    await caller({ path: CHAT, body: chatBody('mock-ok', more) })
  }
  const malformed = secrets.plant('malformed bodies')
  for (const text of [
    `{"a":"${malformed}"`,
    malformed,
    `{"a":"${malformed}","a":"${malformed}"}`,
    `["${malformed}"]`,
    `{"model":"\xff${malformed}"}`,
  ]) {
    for (const path of [CHAT, '/key/generate', '/v1/responses'])
      await admin({ path, body: Buffer.from(text, 'latin1') })
  }
  const wire = secrets.plant('broken framing')
  for (const bytes of [
    `GET /${wire}\\ HTTP/1.1\r\nHost: g\r\n\r\n`,
    `${wire}\r\n\r\n`,
    head('GET /v1/models HTTP/1.1', `Host: ${wire}/x`),
  ]) {
    answers.push((await sendRaw(stand.gateway.port, bytes)).bytes)
  }
}

async function callersTalk(): Promise<void> {
  const said = words.plant('a message')
  const messages = [
    { role: 'system', content: said },
    {
      role: 'user',
      content: [
        { type: 'text', text: said },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${said}` } },
      ],
    },
  ]
  const tools = [{ type: 'function', function: { name: 'f', description: said, parameters: {} } }]
  for (const model of ['mock-ok', 'mock-echo', 'mock-scripted', 'unreachable', 'mock-reset-at-once', 'no-such-model']) {
    for (const stream of [false, true]) {
      await note(stand.asCaller({ path: CHAT, body: { model, messages, tools, stream } })).catch(() => undefined)
    }
  }
  await caller({ path: '/v1/embeddings', body: { model: 'mock-ok', input: said } })
  await caller({ path: '/v1/completions', body: { model: 'mock-echo', prompt: said } })
  await caller({ path: '/v1/responses', body: { model: 'mock-echo', input: said, instructions: said } })
  await caller({ path: '/v1/images/generations', body: { model: 'mock-ok', prompt: said } })
  await caller({ path: '/v1/moderations', body: { model: 'mock-ok', input: said } })
  await caller({ path: CHAT, body: chatBody('mock-ok', { a_new_parameter: said, prompt_cache_key: said }) })
}

async function providersTalk(): Promise<void> {
  const inHeader = secrets.plant('header of a provider')
  const inFault = secrets.plant('fault text of a provider')
  const inRefusal = secrets.plant('credential in a refusal of a provider', 'sk-proj-')
  const body = chatBody('mock-scripted')
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    const text = status < 500 ? inRefusal : inFault
    const headers = {
      'content-type': 'application/json',
      'www-authenticate': inHeader,
      'set-cookie': inHeader,
      location: inHeader,
    }
    const error = JSON.stringify({ error: { message: text, type: 't', code: text, param: text, debug: text } })
    for (const content of [error, text, `<html>${text}</html>`]) {
      scripted({ refusal: { status, headers, body: content } })
      await caller({ path: CHAT, body })
      await caller({ path: CHAT, body: { ...body, stream: true } })
    }
  }
  await caller({ path: CHAT, body: chatBody('mock-401-leak') })
  scripted({})
  await note(stand.asCaller({ path: CHAT, headers: { 'x-litellm-call-id': 'last-words' }, body: chatBody('mock-ok') }))
}

describe('AC-143, INV-31: a canary in every place a secret can be', () => {
  test('the run was worth searching: answers, refusals, lines of log and rows are there', () => {
    expect(answers.length).toBeGreaterThan(200)
    expect(output.split('\n').length).toBeGreaterThan(50)
    expect(JSON.parse(ledger).length).toBeGreaterThan(10)
    expect(metrics).toContain('# TYPE')
    expect(files.length).toBeGreaterThan(1_000_000)
    expect(secrets.foundIn(revealed.join('\n'))).toEqual(expect.arrayContaining(['a generated key (raw)']))
  })

  test('no answer but the one that creates a key', () => {
    expect(secrets.foundIn(answers.join('\n'))).toEqual([])
  })

  test('INV-15: naming a key by its secret does not show the secret again', () => {
    expect(managed.map((answer) => answer.status)).toEqual([200, 200])
    expect(secrets.foundIn(managed.map((answer) => answer.text).join('\n'))).toEqual([])
  })

  test('no line on standard output or error, at debug level', () => {
    expect(secrets.foundIn(output)).toEqual([])
  })

  test('no metric', () => {
    expect(secrets.foundIn(metrics)).toEqual([])
    expect(words.foundIn(metrics)).toEqual([])
  })

  test('no row of the ledger', () => {
    expect(secrets.foundIn(ledger)).toEqual([])
  })

  test('no file of the data directory', () => {
    expect(secrets.foundIn(files)).toEqual([])
  })

  test('what callers and models say is in no log, row or file', () => {
    expect(words.foundIn(output)).toEqual([])
    expect(words.foundIn(ledger)).toEqual([])
    expect(words.foundIn(files)).toEqual([])
  })

  test('AC-050: no sink holds a key that came in a URL, and logs hold no query at all', () => {
    expect(output).not.toMatch(/[?&](key|api_key|token)=/)
  })
})
