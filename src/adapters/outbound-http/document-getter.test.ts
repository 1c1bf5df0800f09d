import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDocumentGetter } from './document-getter.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { judgeProviderUrl } from './judge-provider-url.ts'

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
}

function get(url: string, options: { timeoutMs?: number; getter?: ReturnType<typeof openDocumentGetter> } = {}) {
  const { timeoutMs = 5_000, getter = openDocumentGetter() } = options
  onTestFinished(() => getter.close())
  return getter.get({ url, method: 'GET', headers: {}, body: undefined, maxBytes: 1_000, timeoutMs })
}

describe('J-14: documents of a provider', () => {
  test('come as they are, and nothing of ours goes along', async () => {
    let headers: object = {}
    const url = await serve((request, response) => {
      headers = request.headers
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    expect(await get(url)).toMatchObject({ is: 'answer', status: 200, contentType: 'application/json' })
    expect(Object.keys(headers).sort()).toEqual(['accept-encoding', 'connection', 'host'])
  })

  test('are not fetched from where a redirect points', async () => {
    let hits = 0
    const target = await serve((_, response) => {
      hits += 1
      response.end()
    })
    const url = await serve((_, response) => response.writeHead(302, { location: target }).end())
    expect(await get(url)).toMatchObject({ is: 'answer', status: 302 })
    expect(hits).toBe(0)
  })

  test('have a length and no compression', async () => {
    const long = await serve((_, response) => response.end('x'.repeat(1_001)))
    expect(await get(long)).toMatchObject({ is: 'unfit' })
    const packed = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}')),
    )
    expect(await get(packed)).toMatchObject({ is: 'unfit' })
  })

  test('come within the time, all of them', async () => {
    const slow = await serve((_, response) => {
      response.writeHead(200)
      response.write('{')
    })
    expect(await get(slow, { timeoutMs: 50 })).toMatchObject({ is: 'unreachable' })
    expect(await get('http://127.0.0.1:1/')).toEqual({ is: 'unreachable', why: 'ECONNREFUSED' })
  })
})

describe('N-20…N-23: where they come from', () => {
  test.each([
    'http://idp.example/jwks',
    'http://10.0.0.1/jwks',
    'https://user:pw@idp.example/',
    'https://idp.example/#x',
    'ftp://idp.example/',
    'file:///etc/passwd',
    'nothing',
    `https://idp.example/${'x'.repeat(2_048)}`,
  ])('not %s', async (url) => {
    expect(judgeProviderUrl(url)).toEqual(expect.any(String))
    expect(await get(url)).toMatchObject({ is: 'unreachable' })
  })

  test.each(['https://idp.example/jwks', 'http://127.0.0.1:8/jwks', 'http://[::1]/jwks', 'http://localhost:8/jwks'])(
    '%s',
    (url) => {
      expect(judgeProviderUrl(url)).toBeUndefined()
    },
  )

  test.each(['https://169.254.169.254/', 'https://metadata.google.internal/', 'https://[::ffff:7f00:1]/'])(
    'never %s',
    async (url) => {
      expect(await get(url)).toEqual({ is: 'unreachable', why: 'the address is never called' })
    },
  )

  test('a local name without TLS has to lead to this machine', async () => {
    const lookup = guardedLookup((_, done) => done(null, [{ address: '10.1.2.3', family: 4 }]))
    const getter = openDocumentGetter({ lookup })
    expect(await get('http://localhost:9/', { getter })).toEqual({ is: 'unreachable', why: 'EGRESS_REFUSED' })
  })

  test('a name that leads to metadata is not called', async () => {
    const lookup = guardedLookup((_, done) => done(null, [{ address: '169.254.169.254', family: 4 }]))
    const getter = openDocumentGetter({ lookup })
    expect(await get('https://idp.example/', { getter })).toEqual({ is: 'unreachable', why: 'EGRESS_REFUSED' })
  })
})
