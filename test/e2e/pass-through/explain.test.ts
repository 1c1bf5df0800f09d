import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringAt } from '../hostile/support/stand.ts'
import { openPassStand } from './support/stand.ts'
import type { PassStand } from './support/stand.ts'

let stand: PassStand

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [{ path: '/bria', target: elsewhere, include_subpath: true, methods: ['POST'] }],
    env: ({ elsewhere }) => ({ OPENAI_API_KEY: 'sk-operator-0123456789', OPENAI_API_BASE: elsewhere }),
  })
}, 120_000)
afterAll(() => stand.close())

interface Explained {
  readonly verdict: string
  readonly change: {
    readonly steps: readonly { readonly api?: { readonly path: string; readonly body: object } }[]
  } | null
}

async function explain(body: object): Promise<{ status: number; said: Explained; text: string }> {
  const { status, text } = await stand.asMaster({ path: '/authz/explain', body })
  return { status, text, said: JSON.parse(text) as Explained }
}

test('a call that would be passed on is explained, and the change that opens it opens it', async () => {
  const made = await stand.asMaster({ path: '/key/generate', body: { key_type: 'llm_api' } })
  const [key, token] = [stringAt(made.text, 'key'), stringAt(made.text, 'token')]
  const asked = { key: token, route: '/openai_passthrough/v1/files' }
  const { said, text } = await explain(asked)
  expect(said.verdict).toBe('deny')
  expect(text).toContain('allowed_passthrough_routes')
  const call = async (): Promise<number> => (await stand.as(key)({ path: asked.route, body: {} })).status
  expect(await call()).toBe(403)
  const step = said.change?.steps[0]?.api
  expect(step).toMatchObject({
    path: '/key/update',
    body: { allowed_passthrough_routes: ['/openai_passthrough/v1/files'] },
  })
  expect((await stand.asMaster({ path: step?.path ?? '', body: step?.body ?? {} })).status).toBe(200)
  expect(await call()).toBe(200)
  expect((await explain(asked)).said.verdict).toBe('allow')
})

test('what is served here is explained as that, and what is nowhere as nothing', async () => {
  const made = await stand.asMaster({ path: '/key/generate', body: {} })
  const key = stringAt(made.text, 'token')
  expect((await explain({ key, route: '/openai/v1/responses', model: 'mock-ok' })).said.verdict).toBe('allow')
  expect((await explain({ key, route: '/bria/x' })).said.verdict).toBe('deny')
  expect((await explain({ key, route: '/bria/x', method: 'GET' })).status).toBe(404)
  expect((await explain({ key, route: '/briax' })).status).toBe(404)
  expect(stand.elsewhere.seen.filter(({ url }) => url.includes('x'))).toEqual([])
})
