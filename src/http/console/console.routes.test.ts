import { readdir } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCallId } from '../../domain/ids.ts'
import { buildServer } from '../server.ts'
import { Doors } from '../wire/doors.ts'
import { Upgrades } from '../wire/upgrades.ts'
import { consoleRoutes } from './console.routes.ts'

const CALL_ID = parseCallId('3f0e6f0e-5d0e-4a57-9f0e-2b1f0c7a1d11')
let app: FastifyInstance

function server(): FastifyInstance {
  return buildServer({
    newCallId: () => {
      if (CALL_ID === undefined) throw new Error('not a call id')
      return CALL_ID
    },
    onFault: (error) => {
      throw error
    },
    onProblem: () => undefined,
    exposeRejectReason: false,
    corsOrigins: [],
    doors: new Doors(),
    upgrades: new Upgrades(),
  })
}

beforeAll(async () => {
  app = server()
  await consoleRoutes(app, { console: true, docs: true }, undefined)
})
afterAll(() => app.close())

const names = await readdir(new URL('../../../ui/', import.meta.url))
const urls = names.map((name) => (name === 'index.html' ? '/ui/' : `/ui/${name}`))
const scripts = urls.filter((url) => url.endsWith('.js'))

test.each(urls)(
  'S-24 S-25 %s lets nobody frame it, loads nothing from elsewhere and runs nothing inline',
  async (url) => {
    const { statusCode, headers } = await app.inject(url)
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
      ]),
    )
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:/)
    expect(headers['permissions-policy']).toContain('camera=()')
  },
)

test.each([
  ['/ui/', 'text/html; charset=utf-8'],
  ['/ui/console.css', 'text/css; charset=utf-8'],
  ['/ui/console.js', 'text/javascript; charset=utf-8'],
])('%s is served as %s', async (url, type) => {
  expect((await app.inject(url)).headers['content-type']).toBe(type)
})

test('S-24 the page has no inline script, handler or style, and names no other origin', async () => {
  const { body } = await app.inject('/ui/')
  expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|javascript:|https?:|\/\/\w/)
})

test.each(['/ui/', '/ui/docs.html'])('%s is told in which header keys are sent', async (url) => {
  const other = server()
  await consoleRoutes(other, { console: true, docs: true }, 'x-our-key')
  expect((await other.inject(url)).body).toContain('<meta name="key-header" content="x-our-key" />')
  expect((await app.inject(url)).body).toContain('<meta name="key-header" content="authorization" />')
  await other.close()
})

test('S-28 the key field has no name, so that no form can put the key into an address', async () => {
  const { body } = await app.inject('/ui/')
  expect(body).toContain('id="key"')
  expect(body).not.toMatch(/<(input|textarea|select)[^>]*\sname=/)
})

test.each(scripts)('S-26 S-28 %s writes text nodes only and stores nothing', async (url) => {
  const { body } = await app.inject(url)
  expect(body).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc/)
  expect(body).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie|serviceWorker|caches\b|history\./)
})

test('every module that a script imports is served', async () => {
  for (const url of scripts) {
    const { body } = await app.inject(url)
    for (const [, name] of body.matchAll(/from '\.\/([\w.-]+)'/g)) expect(urls).toContain(`/ui/${name}`)
  }
})

test.each([
  { page: '/ui/', own: scripts.filter((url) => url !== '/ui/docs.js') },
  { page: '/ui/docs.html', own: ['/ui/docs.js'] },
])('every id that a script looks up stands in $page once', async ({ page, own }) => {
  const ids = [...(await app.inject(page)).body.matchAll(/\sid="([\w-]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const url of own) {
    const { body } = await app.inject(url)
    for (const [, id] of body.matchAll(/\b(?:at|onSubmit|onPress)\('([\w-]+)'/g)) expect(ids).toContain(id)
  }
})

test.each(['/', '/ui', '/ui?from=elsewhere'])('%s leads to the page', async (url) => {
  const { statusCode, headers } = await app.inject(url)
  expect(statusCode).toBe(302)
  expect(headers.location).toBe('/ui/')
})

test.each(['/ui/index.html', '/ui/../package.json', '/ui/%2e%2e/package.json', '/ui/nothing', '/ui//console.js'])(
  '%s is not a file of the console',
  async (url) => {
    expect((await app.inject(url)).statusCode).toBe(404)
  },
)

test.each([
  {
    served: { console: false, docs: false },
    there: [],
    gone: ['/', '/ui/', '/ui/console.js', '/ui/docs.html', '/ui/page.js'],
  },
  {
    served: { console: false, docs: true },
    there: ['/ui/docs.html', '/ui/docs.js', '/ui/page.js'],
    gone: ['/', '/ui/', '/ui/keys.js'],
  },
  { served: { console: true, docs: false }, there: ['/ui/', '/ui/page.js'], gone: ['/ui/docs.html', '/ui/docs.js'] },
])('DISABLE_ADMIN_UI and NO_DOCS: of $served nothing else is there', async ({ served, there, gone }) => {
  const bare = server()
  await consoleRoutes(bare, served, undefined)
  for (const url of there) expect((await bare.inject(url)).statusCode).toBe(200)
  for (const url of gone) expect((await bare.inject(url)).statusCode).toBe(404)
  await bare.close()
})
