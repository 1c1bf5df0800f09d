import { describe, expect, test } from 'vitest'
import { memberAddBody } from '../../contract/members.ts'
import { chatBody, embeddingBody } from '../../contract/model-calls.ts'
import { blockBody, bulkUpdateBody, generateBody, keyListQuery } from '../../contract/keys.ts'
import type { ApiRoute, Method } from '../route.ts'
import { factsOf } from '../route.ts'
import { describeApi } from './open-api.ts'

const route = (method: Method, path: string, more: Partial<ApiRoute> = {}) => ({
  method,
  summary: `${method} ${path}`,
  ...more,
  ...factsOf(method, path),
})

const ROUTES = [
  route('POST', '/key/generate', { body: generateBody }),
  route('POST', '/key/bulk_update', { body: bulkUpdateBody }),
  route('POST', '/key/block', { body: blockBody }),
  route('GET', '/key/list', { query: keyListQuery }),
  route('POST', '/key/:key/regenerate'),
  route('GET', '/organization/info'),
  route('POST', '/organization/info'),
  route('GET', '/health/liveness'),
  route('GET', '/v1/models'),
  route('POST', '/v1/access_group', { status: 201 }),
  route('DELETE', '/v1/access_group/:access_group_id', { status: 204, media: [] }),
  route('POST', '/v1/chat/completions', { body: chatBody }),
  route('POST', '/engines/{model}/chat/completions', { body: chatBody }),
  route('POST', '/v1/embeddings', { body: embeddingBody }),
  route('POST', '/team/member_add', { body: memberAddBody }),
]

// eslint-disable-next-line typescript/no-explicit-any
const api: any = describeApi(ROUTES)
// eslint-disable-next-line typescript/no-explicit-any
const operations: { readonly path: string; readonly says: any }[] = Object.entries<object>(api.paths).flatMap(
  ([path, item]) => Object.values(item).map((says) => ({ path, says })),
)

describe('the description of the API', () => {
  test('is the same each time', () => {
    expect(JSON.stringify(describeApi(ROUTES))).toBe(JSON.stringify(describeApi(ROUTES)))
  })

  test('has the members that OpenAPI 3.1 asks for', () => {
    expect(api).toMatchObject({ openapi: '3.1.0', info: { title: 'Latchkey', version: expect.any(String) } })
    expect(operations).toHaveLength(ROUTES.length)
    for (const { path, says } of operations) {
      expect(path).toMatch(/^\//)
      expect(says).toMatchObject({ operationId: expect.stringMatching(/^[a-zA-Z0-9_]+$/), summary: expect.any(String) })
      for (const [status, answer] of Object.entries<{ description?: string; $ref?: string }>(says.responses)) {
        expect(status).toMatch(/^(?:[1-5]\d\d|default)$/)
        expect(answer.description ?? answer.$ref).toEqual(expect.any(String))
      }
      const declared = says.parameters.map((each: { name: string; in: string }) => `${each.in} ${each.name}`)
      expect(new Set(declared).size).toBe(declared.length)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`)
      expect(declared.filter((name: string) => name.startsWith('path '))).toEqual(inPath)
      for (const parameter of says.parameters) expect(parameter.schema).toEqual(expect.any(Object))
    }
    const ids = operations.map(({ says }) => says.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('refers to nothing that is not in it', () => {
    const references = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = '']) => to)
    expect(references.some((to) => to.startsWith('#/components/schemas/Shared'))).toBe(true)
    for (const to of references) {
      const found = to
        .slice(2)
        .split('/')
        // eslint-disable-next-line typescript/no-explicit-any
        .reduce((node: any, part) => node?.[part], api)
      expect({ to, found }).toEqual({ to, found: expect.any(Object) })
    }
  })

  test('says what is sent and not what is made of it', () => {
    const body = api.paths['/key/generate'].post.requestBody.content['application/json'].schema
    expect(Object.keys(body.properties)).toEqual(expect.arrayContaining(['key_alias', 'duration', 'max_budget']))
    expect(JSON.stringify(api)).not.toContain(String(Number.MAX_SAFE_INTEGER))
    const needed = api.paths['/key/block'].post.requestBody.content['application/json'].schema.required
    expect(needed).toEqual(['key'])
  })

  test('says what a route answers with', () => {
    expect(Object.keys(api.paths['/v1/access_group'].post.responses)).not.toContain('200')
    expect(api.paths['/v1/access_group'].post.responses['201'].content).toHaveProperty(['application/json'])
    expect(api.paths['/v1/access_group/{access_group_id}'].delete.responses['204']).toEqual({ description: 'Done.' })
  })

  test('a body has to be there where it has to say something', () => {
    expect(api.paths['/key/block'].post.requestBody.required).toBe(true)
    expect(api.paths['/key/generate'].post.requestBody).not.toHaveProperty('required')
  })

  test('what the path says, the body need not say', () => {
    const bodyAt = (path: string) => api.paths[path].post.requestBody.content['application/json'].schema
    expect(bodyAt('/v1/chat/completions').required).toEqual(['model', 'messages'])
    expect(bodyAt('/engines/{model}/chat/completions').required).toEqual(['messages'])
    expect(bodyAt('/engines/{model}/chat/completions').properties).toHaveProperty('model')
  })

  test('texts may come as tokens where they are counted', () => {
    const { input } = api.paths['/v1/embeddings'].post.requestBody.content['application/json'].schema.properties
    expect(input.anyOf).toHaveLength(4)
    expect(input.anyOf).toContainEqual({ type: 'array', items: { type: 'array', items: { type: 'integer' } } })
  })

  test('one of a list may stand for it where that is taken', () => {
    const { member } = api.paths['/team/member_add'].post.requestBody.content['application/json'].schema.properties
    expect(member.anyOf).toEqual([
      expect.objectContaining({ type: 'object' }),
      expect.objectContaining({ type: 'array', minItems: 1, items: member.anyOf[0] }),
    ])
    expect(JSON.stringify(api)).not.toContain('orOne')
  })

  test('says how far pages go', () => {
    const bounds = api.paths['/key/list'].get.parameters
      .filter(({ name }: { name: string }) => ['page', 'size'].includes(name))
      .map(({ schema }: { schema: object }) => schema)
    expect(bounds).toEqual([
      { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
      { anyOf: [{ type: 'integer', minimum: 1, maximum: 100 }, { type: 'null' }] },
    ])
  })

  test('says who may call, as the access table has it', () => {
    expect(api.paths['/organization/info'].get.description).toBe(
      'Who may call it, and on which objects:\n\n- proxy administrators: any\n- proxy viewers: any, to look at\n- organisation admins: of their organisations',
    )
    expect(api.paths['/health/liveness'].get.security).toEqual([])
    // eslint-disable-next-line typescript/no-explicit-any
    const named: any = describeApi(ROUTES, 'x-our-key')
    expect(named.paths['/v1/models'].get.security).toEqual([{ 'x-our-key': [] }])
    expect(Object.keys(named.components.securitySchemes)).toEqual(['x-our-key'])
    for (const scheme of api.paths['/v1/models'].get.security) {
      for (const name of Object.keys(scheme)) expect(api.components.securitySchemes).toHaveProperty([name])
    }
  })
})

test('INV-11: a route without a row stops the start', () => {
  expect(() => factsOf('GET', '/key/secret')).toThrow('The route GET /key/secret has no row in the access table.')
  expect(() => factsOf('DELETE', '/key/generate')).toThrow('has no row')
})
