import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../domain/problem.ts'
import type { ProblemCode } from '../domain/problem.ts'
import { parseCallId } from '../domain/ids.ts'
import type { CallId } from '../domain/ids.ts'
import { answerFault } from './wire/answer-fault.ts'
import type { FaultPorts } from './wire/answer-fault.ts'
import { isClosing } from './wire/closing.ts'
import { findFrameFlaw } from './wire/check-frame.ts'
import { letPagesIn } from './wire/cross-origin.ts'
import type { Doors } from './wire/doors.ts'
import { inTurn } from './wire/in-turn.ts'
import type { Upgrades } from './wire/upgrades.ts'
import { renderProblem, sendProblem, statusOf } from './wire/render-problem.ts'

export interface ServerPorts extends FaultPorts {
  readonly newCallId: () => CallId
  readonly corsOrigins: readonly string[]
  readonly doors: Doors
  readonly upgrades: Upgrades
}

const HEADERS_MS = 10_000
const REQUEST_MS = 60_000
const KEEP_ALIVE_MS = 65_000
const MAX_HEADER_BYTES = 32 * 1024
const MAX_HEADERS = 100
/** N-40 */
const MAX_CONNECTIONS = 20_000
const HIDDEN_SLASH = /%2f/i
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The edge: strict before routing, closed by default, and silent about itself. Routes are added by the caller. */
export function buildServer(ports: ServerPorts): FastifyInstance {
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => strictServer(handler, ports),
    clientErrorHandler: answerBrokenFrame,
    logger: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    genReqId: () => '',
    return503OnClosing: false,
    exposeHeadRoutes: true,
  })
  // Bodies are read by the journey, once the caller is known; nothing is parsed on the way in.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  refuseSilentRoutes(app)
  app.decorateRequest('callId')
  app.addHook('onRequest', (request, _reply, done) => {
    request.callId = callIdOf(request.raw, ports)
    const hides = request.routeOptions.config.slashInParameter !== true && HIDDEN_SLASH.test(pathOf(request))
    done(hides ? new Problem('target-malformed', 'The path hides a delimiter.') : undefined)
  })
  letPagesIn(app, ports.corsOrigins)

  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ method, path }) => {
    const methods = known.get(path) ?? new Set<string>()
    for (const one of [method].flat()) methods.add(one)
    known.set(path, methods)
  })
  app.setNotFoundHandler((request, reply) => {
    const methods = known.get(pathOf(request).replace(/(.)\/$/, '$1'))
    const code: ProblemCode = methods === undefined ? 'route-unknown' : 'method-not-allowed'
    const say =
      methods === undefined
        ? `Not Found: there is no ${request.method} route of this name. See the documentation for the routes.`
        : undefined
    reply.hijack()
    sendProblem(reply.raw, {
      code,
      say,
      callId: callIdOf(request.raw, ports),
      close: !request.raw.complete,
      ...(methods === undefined ? {} : { extraHeaders: { allow: [...methods].join(', ') } }),
    })
  })
  app.setErrorHandler((error, request, reply) => {
    reply.hijack()
    const callId = request.callId ?? callIdOf(request.raw, ports)
    const exchange = { request: request.raw, response: reply.raw, callId }
    answerFault(error, exchange, request.routeOptions.url ?? '', ports)
  })
  return app
}

function strictServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  ports: ServerPorts,
): Server {
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    if (isClosing(request.socket)) return
    if (!METHODS.has(request.method ?? '')) {
      sendProblem(response, { code: 'method-not-allowed', callId: ports.newCallId(), close: true })
      return
    }
    const flaw = findFrameFlaw(request)
    if (flaw === undefined) {
      // A server that stops says so in its answers, and the router knows how.
      const known = server.listening ? ports.doors.find(request) : undefined
      if (known === undefined) handler(request, response)
      else known.door({ request, response, callId: callIdOf(request, ports) }, known.route)
      return
    }
    // In doubt about where this message ends, nothing after it is believed.
    const reason = ports.exposeRejectReason ? flaw.because : undefined
    sendProblem(response, { code: flaw.problem, say: flaw.say, callId: ports.newCallId(), reason, close: true })
  }
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      insecureHTTPParser: false,
      noDelay: true,
      shouldUpgradeCallback: (request) => ports.upgrades.wants(request),
    },
    (request, response) => inTurn(request, response, receive),
  )
  server.on('upgrade', (request, socket, head) => receive(request, ports.upgrades.hold(request, socket, head)))
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', hangUpOnSilence)
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    answerOnSocket(socket, 'method-not-allowed', 'There are no tunnels here.'),
  )
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    sendProblem(response, { code: 'expectation-failed', callId: ports.newCallId(), close: true })
  })
  return server
}

/** N-32: Node's own clocks begin with the first byte. */
function hangUpOnSilence(socket: Socket): void {
  const limit = setTimeout(() => {
    if (socket.bytesRead === 0) socket.destroy()
  }, HEADERS_MS)
  limit.unref()
  socket.once('close', () => clearTimeout(limit))
}

/** What Node's parser could not read is answered on the bare socket, and the socket is closed. */
function answerBrokenFrame(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  if (isClosing(socket)) {
    socket.destroySoon()
    return
  }
  const code = asksUnknownMethod(error)
    ? 'method-not-allowed'
    : (PROBLEM_OF.get(error.code ?? '') ?? 'target-malformed')
  answerOnSocket(socket, code, SAY[code] ?? 'The request is not valid HTTP.')
}

const PROBLEM_OF: ReadonlyMap<string, ProblemCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'headers-too-large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request-timeout'],
])
const REQUEST_LINE = /^([\w!#$%&'*+.^`|~-]{1,32}) \S+ HTTP\/1\.[01]\r\n/

/** N-04. What comes behind a request that was in order is no request line, but garbage. */
function asksUnknownMethod({ code, rawPacket }: { code?: string; rawPacket?: unknown }): boolean {
  if (code !== 'HPE_INVALID_METHOD' || !Buffer.isBuffer(rawPacket)) return false
  const method = REQUEST_LINE.exec(rawPacket.toString('latin1', 0, MAX_HEADER_BYTES))?.[1]
  return method !== undefined && !METHODS.has(method)
}

function answerOnSocket(socket: Duplex, code: ProblemCode, say: string): void {
  const body = JSON.stringify(renderProblem(code, say))
  const status = statusOf(code)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? 'Bad Request'}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  // Whoever does not hang up is hung up on.
  if (socket instanceof Socket) socket.destroySoon()
}

const SAY: Partial<Record<ProblemCode, string>> = {
  'method-not-allowed': 'This is no method of HTTP.',
  'headers-too-large': 'The request headers are larger than 32 KiB, or more than 100.',
  'request-timeout': 'The request did not arrive in time.',
}
const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

function refuseSilentRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.needs === undefined) {
      throw new Error(`The route ${[route.method].flat().join('|')} ${route.url} does not declare what it needs.`)
    }
  })
}

function callIdOf(request: IncomingMessage, ports: ServerPorts): CallId {
  const given = request.headers['x-litellm-call-id']
  return (typeof given === 'string' ? parseCallId(given) : undefined) ?? ports.newCallId()
}

function pathOf(request: FastifyRequest): string {
  const target = request.raw.url ?? ''
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}
