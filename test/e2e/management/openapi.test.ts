import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError } from './support/expectations.ts'
import { MANAGEMENT_ROUTES } from './support/routes.ts'

let desk: Desk
let description: Answer['json']

beforeAll(async () => {
  desk = await openDesk({ storesModels: true })
  description = (await desk.get('/openapi.json')).json
})

afterAll(() => desk.close())

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete'])

interface Operation {
  readonly name: string
  readonly path: string
  // eslint-disable-next-line typescript/no-explicit-any
  readonly says: any
}

/** Every operation, named as in MANAGEMENT_ROUTES: parameters of the path have no name there. */
function operations(): readonly Operation[] {
  if (description?.paths === undefined) throw new Error('there is no description')
  return Object.entries<object>(description.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, says]) => ({
        name: `${method.toUpperCase()} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`,
        path,
        says,
      })),
  )
}

function operation(name: string): Operation['says'] {
  const found = operations().find((each) => each.name === name)
  if (found === undefined) throw new Error(`${name} is not described`)
  return found.says
}

/** Follows `#/components/…`, once. */
function resolved(schema: { readonly $ref?: string } | undefined): Answer['json'] {
  if (schema?.$ref === undefined) return schema
  return schema.$ref
    .slice(2)
    .split('/')
    .reduce((node, part) => node?.[part], description)
}

function bodyOf(name: string): Answer['json'] {
  return resolved(operation(name).requestBody?.content?.['application/json']?.schema)
}

describe('GET /openapi.json', () => {
  test('is a description that tools read', () => {
    expect(description).toMatchObject({
      openapi: expect.stringMatching(/^3\.[01]\./),
      info: { title: expect.any(String), version: expect.any(String) },
      paths: expect.any(Object),
    })
  })

  test('is for whoever has a credential', async () => {
    expectError(await desk.get('/openapi.json', ''), 401)
    const { key } = await desk.newUser()
    expect((await desk.get('/openapi.json', key)).status).toBe(200)
  })

  test('discloses no configuration', () => {
    const text = JSON.stringify(operations())
    for (const inside of [desk.mock.apiBase, 'gpt-4o-deployment', 'sk-upstream-secret'])
      expect(text).not.toContain(inside)
  })

  test.each(MANAGEMENT_ROUTES)('describes %s', (route) => {
    expect(operations().map(({ name }) => name)).toContain(route)
  })

  test('describes the routes of models too', () => {
    const names = operations().map(({ name }) => name)
    for (const path of ['/v1/chat/completions', '/v1/embeddings', '/v1/images/generations', '/v1/responses']) {
      expect(names).toContain(`POST ${path}`)
    }
    expect(names).toContain('GET /v1/models')
  })

  test('every operation has an answer, and every parameter of its path', () => {
    expect(operations().length).toBeGreaterThan(MANAGEMENT_ROUTES.length)
    for (const { name, path, says } of operations()) {
      const successes = Object.keys(says.responses ?? {}).filter((status) => /^[123]/.test(status))
      expect({ name, successes }).toEqual({ name, successes: [expect.any(String)] })
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter)
      const declared = (says.parameters ?? [])
        .map(resolved)
        .filter((parameter: { in: string }) => parameter.in === 'path')
        .map((parameter: { name: string }) => parameter.name)
      expect({ name, declared: new Set(declared) }).toEqual({ name, declared: new Set(inPath) })
    }
  })

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify([operations(), description.components]).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, to]) => to ?? '',
    )
    for (const $ref of new Set(references))
      expect({ $ref, found: resolved({ $ref }) }).toEqual({ $ref, found: expect.anything() })
  })

  test('names of operations are unique', () => {
    const ids = operations().flatMap(({ says }) => (says.operationId === undefined ? [] : [says.operationId]))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('bodies name what they need, and their fields', () => {
    const create = bodyOf('POST /key/generate')
    expect(Object.keys(create.properties)).toEqual(
      expect.arrayContaining(['key_alias', 'duration', 'models', 'max_budget', 'team_id', 'user_id', 'metadata']),
    )
    expect(bodyOf('POST /key/update').required).toContain('key')
    expect(bodyOf('POST /team/update').required).toContain('team_id')
    expect(bodyOf('POST /customer/new').required).toContain('user_id')
  })

  test('queries are described', () => {
    const names = (operation('GET /key/list').parameters ?? []).map(resolved).map((each: { name: string }) => each.name)
    expect(names).toEqual(
      expect.arrayContaining(['page', 'size', 'user_id', 'team_id', 'key_alias', 'return_full_object', 'sort_by']),
    )
  })

  test('what it describes is there: no described GET answers 404 for its route', async () => {
    const plain = operations().filter(({ name }) => name.startsWith('GET ') && !name.includes('{}'))
    for (const { path } of plain) {
      const { status, text } = await desk.get(path)
      expect({ path, status, unknown: status === 404 && /"Not Found"/.test(text) }).toMatchObject({
        path,
        unknown: false,
      })
      expect(status).not.toBe(500)
    }
  })
})

test('a readable page shows it', async () => {
  const pages = await Promise.all(['/docs', '/redoc', '/'].map((path) => desk.get(path)))
  const readable = pages.filter(
    ({ status, headers }) => status === 200 && (headers.get('content-type') ?? '').startsWith('text/html'),
  )
  expect(readable.some(({ text }) => /openapi\.json|\/key\/generate/.test(text))).toBe(true)
})
