import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Decision, Denied } from '../domain/decision.ts'
import { Problem } from '../domain/problem.ts'
import type { CallId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import type { Arrival, RouteFacts, RouteNeeds } from '../journey/1-intake/arrival.ts'
import { identify } from '../journey/journey.ts'
import type { JourneyPorts } from '../journey/journey.ts'
import type { CallObserver } from '../ports/call-observer.ts'
import type { ClientAddresses } from './wire/client-address.ts'
import { headerReader } from './wire/header-reader.ts'
import type { BodyBudget } from './wire/read-body.ts'
import { readBody } from './wire/read-body.ts'
import { SAFE_HEADERS, sendProblem, statusOf } from './wire/render-problem.ts'
import { COMPATIBLE_VERSION } from '../journey/reply-headers.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route asks of its caller. The server does not start with a route that says nothing. */
    needs?: RouteNeeds
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
}

type Method = 'GET' | 'POST' | 'DELETE'

export interface PlainRoute {
  readonly method: Method
  readonly paths: readonly string[]
  readonly needs: Exclude<RouteNeeds, 'nothing'>
  readonly slashInParameter?: boolean
  /** Returns what is sent as JSON with status 200, or throws a `Problem`. */
  readonly answer: (ask: PlainAsk) => Promise<unknown>
}

export interface PlainAsk {
  readonly principal: Principal
  readonly request: FastifyRequest
  /** Of the route's own limit. */
  readonly readBody: () => Promise<string>
  readonly reply: FastifyReply
}

/** Registers a route that answers JSON: identify, ask, render. It can't be registered without saying what it needs. */
export function plainRoute(app: FastifyInstance, edge: EdgePorts, route: PlainRoute): void {
  for (const path of route.paths) {
    const facts: RouteFacts = { path: shownPath(path), needs: route.needs }
    const config = { needs: route.needs, slashInParameter: route.slashInParameter ?? false }
    app.route({
      method: route.method,
      url: path,
      config,
      handler: async (request, reply) => {
        const identity = await identify({ headers: headerReader(request.raw), route: facts }, edge.journey)
        if (identity.verdict === 'deny') return refuse(request, reply, identity, facts, edge)
        const body = await route.answer({
          principal: identity.granted,
          request,
          reply,
          readBody: async () => granted(await readBody(request.raw, edge.limits.managementBytes, edge.bodies)),
        })
        return reply
          .headers({ ...SAFE_HEADERS, 'x-litellm-call-id': request.callId, 'x-litellm-version': COMPATIBLE_VERSION })
          .type('application/json')
          .send(JSON.stringify(body))
      },
    })
  }
}

/** Hands a decision's refusal to the one place that renders problems. */
export function granted<Value>(decision: Decision<Value>): Value {
  if (decision.verdict === 'deny') throw new Problem(decision.problem, decision.say, { because: decision.because })
  return decision.granted
}

export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  denied: Denied,
  route: RouteFacts,
  edge: EdgePorts,
): FastifyReply {
  reply.hijack()
  edge.observer.refused(denied, { callId: request.callId, route: route.path, status: statusOf(denied.problem) })
  sendProblem(reply.raw, {
    code: denied.problem,
    say: denied.say,
    callId: request.callId,
    reason: edge.exposeRejectReason ? denied.because : undefined,
    close: !request.raw.readableEnded && hasBody(request),
  })
  return reply
}

export function arrivalOf(
  request: FastifyRequest,
  route: RouteFacts,
  pathModel: string | undefined,
  edge: EdgePorts,
): Arrival {
  return {
    route,
    headers: headerReader(request.raw),
    readBody: () => readBody(request.raw, edge.limits.inferenceBytes, edge.bodies),
    pathModel,
    callId: request.callId,
    clientAddress: edge.addresses.of(request.raw),
  }
}

/** `/key/:key/regenerate` in the router's words is `/key/{key}/regenerate` in everybody else's. */
export function shownPath(path: string): string {
  return path.replaceAll(/:([a-z_]+)/g, '{$1}').replace(/\*$/, '{model}')
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
