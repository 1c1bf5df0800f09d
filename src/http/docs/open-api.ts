import { COLUMNS } from '../../domain/access-row.ts'
import type { AccessRow, Column, Right } from '../../domain/access-row.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { CREDENTIAL_HEADERS } from '../../journey/2-authenticate/find-credential.ts'
import { COMPATIBLE_VERSION } from '../../journey/serving/reply-headers.ts'
import type { ApiRoute } from '../route.ts'
import { jsonSchemaOf } from './json-schemas.ts'
import type { SharedSchemas } from './json-schemas.ts'
import { json, REFUSALS, REFUSAL_SCHEMAS } from './refusal-schemas.ts'

/**
 * The description of the API that OpenAPI tools read. It follows from the routes, and from the one header for keys where the
 * operator has named one: it is the same for every caller.
 */
export function describeApi(routes: readonly ApiRoute[], keyHeader?: string): JsonObject {
  const schemes = keyHeader === undefined ? SCHEMES : [schemeOf(keyHeader, 'A key or a token, after `Bearer `.')]
  const shared: SharedSchemas = new Map()
  const paths = new Map<string, Record<string, JsonValue>>()
  for (const route of routes) {
    const item = paths.get(route.path) ?? {}
    item[route.method.toLowerCase()] = operationOf(route, schemes, shared)
    paths.set(route.path, item)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version: COMPATIBLE_VERSION,
      description:
        'An identity-first AI gateway that speaks the HTTP API of the LiteLLM proxy, of the version named here.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...Object.fromEntries(shared), ...REFUSAL_SCHEMAS },
      responses: REFUSALS,
      securitySchemes: Object.fromEntries(schemes),
    },
  }
}

const BEARER: JsonObject = {
  type: 'http',
  scheme: 'bearer',
  description: 'The master key, a virtual key, or a token of an identity provider.',
}

type Scheme = readonly [name: string, says: JsonObject]

const SCHEMES: readonly Scheme[] = CREDENTIAL_HEADERS.map((name) =>
  name === 'authorization' ? [name, BEARER] : schemeOf(name),
)

function schemeOf(name: string, description?: string): Scheme {
  return [name, { type: 'apiKey', in: 'header', name, ...(description === undefined ? {} : { description }) }]
}

/** Of JSON it says no more than that it is JSON: clients read the answer, and find out. */
function schemaIn(media: string): JsonObject {
  return media === 'application/json' ? {} : { type: 'string' }
}

function operationOf(route: ApiRoute, schemes: readonly Scheme[], shared: SharedSchemas): JsonObject {
  const { method, path, row, summary, body, query, status = 200 } = route
  const isOpen = row.cells.AN.right === 'P'
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z0-9]+/gi, '_').replace(/_$/, '')}`,
    tags: [tagOf(route)],
    summary,
    description: rolesOf(row),
    security: isOpen ? [] : schemes.map(([name]) => ({ [name]: [] })),
    parameters: [...inPath(path), ...(query === undefined ? [] : inQuery(jsonSchemaOf(query, shared)))],
    ...(body === undefined ? {} : { requestBody: bodyOf(jsonSchemaOf(body, shared), path) }),
    responses: {
      [status]: successOf(route),
      400: { $ref: '#/components/responses/Malformed' },
      401: { $ref: '#/components/responses/Refused' },
      403: { $ref: '#/components/responses/Refused' },
      404: { $ref: '#/components/responses/Absent' },
      ...(body === undefined && query === undefined ? {} : { 422: { $ref: '#/components/responses/WrongShape' } }),
      default: { $ref: '#/components/responses/Failed' },
    },
  }
}

function successOf({ status = 200, media = ['application/json'] }: ApiRoute): JsonObject {
  const description = DONE.get(status) ?? 'Done.'
  if (media.length === 0) return { description }
  return { description, content: Object.fromEntries(media.map((type) => [type, { schema: schemaIn(type) }])) }
}

const DONE: ReadonlyMap<number, string> = new Map([
  [101, 'The connection is a WebSocket from here on.'],
  [302, 'It is elsewhere.'],
])

/** What the path says, the body need not say again. */
function bodyOf(schema: JsonObject, path: string): JsonObject {
  const { required, ...rest } = schema
  const names = Array.isArray(required) ? required : []
  const needed = names.filter((name) => !path.includes(`{${String(name)}}`))
  if (needed.length === 0) return json({ schema: rest })
  return { required: true, ...json({ schema: { ...rest, required: needed } }) }
}

/** `/v1/key/info` is about keys, as `/key/info` is. */
function tagOf({ path }: ApiRoute): string {
  const [first = 'gateway'] = path.split('/').filter((part) => part !== '' && !/^v\d$/.test(part))
  return first
}

function inPath(path: string): readonly JsonObject[] {
  return [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function inQuery(schema: JsonObject): readonly JsonObject[] {
  const { properties, required } = schema
  if (!isObject(properties)) return []
  const needed = Array.isArray(required) ? required : []
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: 'query',
    ...(needed.includes(name) ? { required: true } : {}),
    schema: value,
  }))
}

const CALLERS: Readonly<Record<Column, string>> = {
  PA: 'proxy administrators',
  PAV: 'proxy viewers',
  OA: 'organisation admins',
  TA: 'team admins',
  IU: 'users',
  IUV: 'user viewers',
  KN: 'keys without a user',
  JT: 'tokens of teams',
  JU: 'tokens of users',
  AN: 'anybody',
}

const REACHES: Readonly<Record<Exclude<Right, '-'>, string>> = {
  A: 'any',
  V: 'any, to look at',
  O: 'of their organisations',
  T: 'of their teams',
  S: 'their own',
  M: 'as the team lets its members',
  SM: 'their own, and as the team lets its members',
  D: 'under their own policy',
  P: 'without a credential',
}

/** Who may call it, as the access table has it. */
function rolesOf({ cells }: AccessRow): string {
  const lines = COLUMNS.flatMap((column) => {
    const { right } = cells[column]
    return right === '-' ? [] : [`- ${CALLERS[column]}: ${REACHES[right]}`]
  })
  return lines.length === 0 ? 'Nobody may call it.' : `Who may call it, and on which objects:\n\n${lines.join('\n')}`
}
