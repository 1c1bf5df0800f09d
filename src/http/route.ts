import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { AccessRow } from '../domain/access-row.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import { rowFor } from '../domain/access-table.ts'
import type { PassThrough } from '../domain/pass-through.ts'
import { Problem } from '../domain/problem.ts'
import type { CallId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import type { Arrival, RouteFacts } from '../journey/1-intake/arrival.ts'
import { identifyAndProvision } from '../journey/identify.ts'
import type { JourneyPorts } from '../journey/journey-ports.ts'
import type { CallObserver } from '../ports/call-observer.ts'
import type { Refusals } from '../ports/refusals.ts'
import { tellRefusal } from './tell-refusal.ts'
import type { Exchange } from './wire/answer-fault.ts'
import type { ClientAddresses } from './wire/client-address.ts'
import { headerReader } from './wire/header-reader.ts'
import { hasStrayCredential } from './wire/stray-credential.ts'
import type { BodyBudget } from './wire/body-budget.ts'
import { JsonText } from './wire/json-text.ts'
import { LongList } from './wire/long-list.ts'
import { readBody } from './wire/read-body.ts'
import { SAFE_HEADERS, sendProblem, statusOf } from './wire/render-problem.ts'
import { COMPATIBLE_VERSION } from '../journey/serving/reply-headers.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route asks of its caller: the id of its row in the access table. The server does not start without. */
    needs?: string
    /** A parameter of the route may hold an encoded slash, as model names do. */
    slashInParameter?: boolean
  }
  interface FastifyRequest {
    callId: CallId
  }
}

/** What every route module is given. */
export interface EdgePorts {
  readonly journey: JourneyPorts
  readonly observer: CallObserver
  readonly bodies: BodyBudget
  readonly addresses: ClientAddresses
  readonly limits: { readonly inferenceBytes: number; readonly managementBytes: number }
  readonly exposeRejectReason: boolean
  readonly refusals: Refusals
  /** Prefixes whose calls go on to somewhere else. */
  readonly passThroughs: readonly PassThrough[]
  /** Filled while routes are registered. */
  readonly described: ApiRoute[]
}

/** Routes with what is known about them, for the page of the API. */
export interface DescribedAs {
  readonly method: Method
  readonly paths: readonly string[]
  /** What it does, in a few words. */
  readonly summary: string
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  /** What it answers in. Undefined: JSON. */
  readonly media?: readonly string[]
  /** What it answers with when all is well. Undefined: 200. */
  readonly status?: number
}

/** One path of them, as the world knows it. */
export interface ApiRoute extends Omit<DescribedAs, 'paths'> {
  readonly path: string
  readonly row: AccessRow
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface PlainRoute extends DescribedAs {
  readonly slashInParameter?: boolean
  /** Returns what is sent as JSON with the route's status, or throws a `Problem`. */
  readonly answer: (ask: PlainAsk) => Promise<unknown>
}

export interface PlainAsk {
  readonly principal: Principal
  readonly route: RouteFacts
  readonly request: FastifyRequest
  /** Of the route's own limit. */
  readonly readBody: () => Promise<string>
  readonly reply: FastifyReply
  readonly clientAddress: string | undefined
}

/** What is known of a caller who shows no credential. */
export type OpenAsk = Omit<PlainAsk, 'principal'>

export interface OpenRoute extends Omit<PlainRoute, 'answer'> {
  readonly answer: (ask: OpenAsk) => Promise<unknown>
}

/** INV-11: a route that the table doesn't know can't be registered, and the gateway doesn't start. */
export function factsOf(method: Method, path: string): RouteFacts {
  const shown = shownPath(path)
  const row = rowFor(method, shown)
  if (row === undefined) throw new Error(`The route ${method} ${shown} has no row in the access table.`)
  return { path: shown, row }
}

/** Enters a route in the description of the API. */
export function describeRoute(
  edge: Pick<EdgePorts, 'described'>,
  { method, summary, body, query, media, status }: Omit<DescribedAs, 'paths'>,
  { path, row }: RouteFacts,
): void {
  edge.described.push({
    method,
    summary,
    ...(body === undefined ? {} : { body }),
    ...(query === undefined ? {} : { query }),
    ...(media === undefined ? {} : { media }),
    ...(status === undefined ? {} : { status }),
    path,
    row,
  })
}

/** Registers a route that answers JSON: identify, ask, render. */
export function plainRoute(app: FastifyInstance, edge: EdgePorts, route: PlainRoute): void {
  for (const path of route.paths) {
    const facts = factsOf(route.method, path)
    describeRoute(edge, route, facts)
    const config = { needs: facts.row.id, slashInParameter: route.slashInParameter ?? false }
    app.route({
      method: route.method,
      url: path,
      config,
      handler: async (request, reply) => {
        const identity = await identifyAndProvision(callerOf(request, facts, edge), edge.journey)
        if (identity.verdict === 'deny') {
          await tellRefusal(identity, facts, { request, reply }, edge)
          refuse(takeOver(request, reply), identity, facts, edge)
          return reply
        }
        if (route.status !== undefined) reply.code(route.status)
        const body = await route.answer({
          principal: identity.granted,
          route: facts,
          request,
          reply,
          clientAddress: edge.addresses.of(request.raw),
          readBody: () => readWhole(request, reply, edge),
        })
        return sendJson(request, reply, jsonOf(body))
      },
    })
  }
}

/** Registers a route that asks for no credential: what it does hangs on something else, which it checks itself. */
export function openRoute(app: FastifyInstance, edge: EdgePorts, route: OpenRoute): void {
  for (const path of route.paths) {
    const facts = factsOf(route.method, path)
    describeRoute(edge, route, facts)
    if (facts.row.cells.AN.right !== 'P') throw new Error(`The route ${route.method} ${path} is not for everybody.`)
    app.route({
      method: route.method,
      url: path,
      config: { needs: 'nothing' },
      handler: async (request, reply) => {
        const clientAddress = edge.addresses.of(request.raw)
        const ask = { route: facts, request, reply, clientAddress, readBody: () => readWhole(request, reply, edge) }
        return sendJson(request, reply, JSON.stringify(await route.answer(ask)))
      },
    })
  }
}

type Json = string | Buffer | Readable

function jsonOf(body: unknown): Json {
  if (body instanceof LongList) return body.toStream()
  // As bytes: a text of many pieces would be gone through for its length, and once more to be sent.
  return body instanceof JsonText ? Buffer.from(body.text) : JSON.stringify(body)
}

async function readWhole(request: FastifyRequest, reply: FastifyReply, edge: EdgePorts): Promise<string> {
  const exchange = { request: request.raw, response: reply.raw }
  return granted(await readBody(exchange, edge.limits.managementBytes, edge.bodies))
}

function sendJson(request: FastifyRequest, reply: FastifyReply, json: Json): FastifyReply {
  return reply
    .headers({ ...SAFE_HEADERS, 'x-litellm-call-id': request.callId, 'x-litellm-version': COMPATIBLE_VERSION })
    .type('application/json')
    .send(json)
}

/** Hands a decision's refusal to the one place that renders problems. */
export function granted<Value>(decision: Decision<Value>): Value {
  if (decision.verdict === 'deny') throw new Problem(decision.problem, decision.say, { because: decision.because })
  return decision.granted
}

/** From here on the answer is ours alone, whatever happens. */
export function takeOver({ raw, callId }: Pick<FastifyRequest, 'raw' | 'callId'>, reply: FastifyReply): Exchange {
  reply.hijack()
  return { request: raw, response: reply.raw, callId }
}

export function refuse(
  { request, response, callId }: Exchange,
  denied: Denied,
  route: RouteFacts,
  edge: EdgePorts,
  status = statusOf(denied.problem),
): void {
  edge.observer.refused(denied, { callId, route: route.path, status })
  sendProblem(response, {
    code: denied.problem,
    status,
    say: denied.say,
    callId,
    reason: edge.exposeRejectReason ? denied.because : undefined,
    close: !isRead(request) && hasBody(request),
    extraHeaders: {
      ...(denied.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(denied.retryAfterMs / 1000)) }),
      ...denied.headers,
    },
  })
}

/** What the journey has to know of a request to tell who it is from. */
export function callerOf(
  request: FastifyRequest,
  route: RouteFacts,
  edge: EdgePorts,
): Pick<Arrival, 'route' | 'headers' | 'clientAddress' | 'callId' | 'hasStrayCredential'> {
  return {
    route,
    headers: headerReader(request.raw),
    clientAddress: edge.addresses.of(request.raw),
    callId: request.callId,
    hasStrayCredential: () => hasStrayCredential(request.raw),
  }
}

export function arrivalOf(
  { request, response, callId }: Exchange,
  route: RouteFacts,
  pathModel: string | undefined,
  edge: EdgePorts,
): Arrival {
  return {
    route,
    headers: headerReader(request),
    readBody: () => readBody({ request, response }, edge.limits.inferenceBytes, edge.bodies),
    pathModel,
    callId,
    clientAddress: edge.addresses.of(request),
    hasStrayCredential: () => hasStrayCredential(request),
  }
}

/** `/key/:key/regenerate` in the router's words is `/key/{key}/regenerate` in everybody else's. */
function shownPath(path: string): string {
  return path.replaceAll(/:([a-z_]+)/g, '{$1}').replace(/\*$/, '{model}')
}

/** Whether nothing of it is left, neither here nor with its sender. */
function isRead(request: IncomingMessage): boolean {
  return request.complete && request.readableLength === 0
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
