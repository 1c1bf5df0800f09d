import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { letPagesIn } from './cross-origin.ts'

const PAGE = 'https://app.example'
let app: FastifyInstance

beforeEach(() => {
  app = Fastify()
  letPagesIn(app, [PAGE])
  app.get('/there', { config: { needs: 'nothing' } }, async () => ({}))
})
afterEach(() => app.close())

async function ask(origin: string, more: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { headers } = await app.inject({ method: 'OPTIONS', url: '/there', headers: { origin, ...more } })
  return headers
}

describe('what a page of a listed origin asks before it calls', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s may be sent', async (method) => {
    const headers = await ask(PAGE, { 'access-control-request-method': method })
    expect(headers['access-control-allow-origin']).toBe(PAGE)
    expect(headers['access-control-allow-methods']).toMatch(new RegExp(`\\b${method}\\b`))
  })

  test('so may every header that a client sends, under whatever name keys come', async () => {
    const names = 'authorization,content-type, x-stainless-lang, x-corp-key,x-litellm-tags'
    const headers = await ask(PAGE, { 'access-control-request-headers': names })
    expect(headers).toMatchObject({
      'access-control-allow-headers': names,
      vary: expect.stringContaining('Access-Control-Request-Headers'),
    })
  })

  test.each(['*', 'a b', 'a, ', 'a"b', ''])('%o is no list of headers', async (names) => {
    const headers = await ask(PAGE, { 'access-control-request-headers': names })
    expect(headers).not.toHaveProperty('access-control-allow-headers')
  })
})

test('a page of another origin is told nothing that lets it in', async () => {
  const preflight = await ask('https://evil.example', { 'access-control-request-headers': 'authorization' })
  const { headers } = await app.inject({ url: '/there', headers: { origin: 'https://evil.example' } })
  for (const answer of [preflight, headers]) {
    expect(answer).not.toHaveProperty('access-control-allow-origin')
    expect(answer).not.toHaveProperty('access-control-allow-headers')
  }
})

test('an answer to a listed origin may be read by its page', async () => {
  const { headers } = await app.inject({ url: '/there', headers: { origin: PAGE } })
  expect(headers).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-expose-headers': expect.stringContaining('x-litellm-call-id'),
  })
})
