import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { realtimeQuery } from '../../contract/model-calls.ts'
import type { Denied } from '../../domain/decision.ts'
import { Problem } from '../../domain/problem.ts'
import { readSubProtocols, wantsOldEvents } from '../../domain/sub-protocols.ts'
import { OPERATION_PATHS } from '../../journey/1-intake/operation-paths.ts'
import type { RouteFacts } from '../../journey/1-intake/arrival.ts'
import { identifyAndProvision } from '../../journey/identify.ts'
import { admitSession } from '../../journey/realtime/admit-session.ts'
import { sessionAttempt } from '../../journey/realtime/attempt-session.ts'
import { serve } from '../../journey/serve.ts'
import type { ServePorts } from '../../journey/serve.ts'
import type { Line, LineDialler } from '../../ports/line.ts'
import { callerOf, describeRoute, factsOf, refuse, takeOver } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { answerFault } from '../wire/answer-fault.ts'
import type { Exchange, FaultPorts } from '../wire/answer-fault.ts'
import { handshakeStatus, judgeHandshake, judgeOrigin } from '../wire/judge-handshake.ts'
import { NodeReply } from '../wire/node-reply.ts'
import { readQuery } from '../wire/read-query.ts'
import type { Upgrade, Upgrades } from '../wire/upgrades.ts'
import { RunningSessions } from './running-sessions.ts'

export interface RealtimePorts {
  readonly upgrades: Upgrades
  readonly acceptor: {
    accept(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      headers: readonly string[],
    ): Promise<Line | undefined>
  }
  readonly dialler: LineDialler
  readonly serving: ServePorts
  readonly faults: FaultPorts
  readonly corsOrigins: readonly string[]
}

/** Sessions in real time: WebSockets to a model. */
export function realtimeRoutes(app: FastifyInstance, edge: EdgePorts, ports: RealtimePorts): void {
  const running = new RunningSessions()
  app.addHook('preClose', () => running.stop())

  for (const path of OPERATION_PATHS.realtime) {
    const route = factsOf('GET', path)
    describeRoute(
      edge,
      { method: 'GET', summary: 'Talk with a model in real time', query: realtimeQuery, media: [], status: 101 },
      route,
    )
    ports.upgrades.open(path)
    app.get(path, { config: { needs: route.row.id } }, async (request, reply) => {
      const upgrade = ports.upgrades.of(request.raw)
      if (upgrade === undefined) return await answerPlainly(request, reply, route)
      running.add(carry(request, takeOver(request, reply), upgrade, route))
      return reply
    })
  }

  /** Whoever may have a session is told how to ask for one. */
  async function answerPlainly(request: FastifyRequest, reply: FastifyReply, route: RouteFacts): Promise<FastifyReply> {
    const identity = await identifyAndProvision(callerOf(request, route, edge), edge.journey)
    if (identity.verdict === 'allow') throw new Problem('upgrade-required')
    refuse(takeOver(request, reply), identity, route, edge)
    return reply
  }

  async function carry(
    request: FastifyRequest,
    exchange: Exchange,
    upgrade: Upgrade,
    route: RouteFacts,
  ): Promise<void> {
    try {
      const denied = judgeUpgrade(request.raw)
      if (denied !== undefined) return deny(denied, exchange, route)
      const query = readQuery(request)
      refuseOtherSessions(query)
      const session = await admitSession(callerOf(request, route, edge), query.get('model'), edge.journey)
      if (session.verdict === 'deny') return deny(session, exchange, route)
      const { admission, headers } = session.granted
      const handshake = {
        headers,
        wantsOldEvents: wantsOld(request.raw),
        whenStopping: running.whenStopping,
        accept: (added: readonly string[]) => {
          upgrade.leaveHttp()
          return ports.acceptor.accept(request.raw, upgrade.socket, upgrade.head, added)
        },
      }
      const attempt = sessionAttempt(handshake, { journey: edge.journey, dialler: ports.dialler })
      await serve(admission, new NodeReply(exchange.response), ports.serving, attempt)
    } catch (error) {
      answerFault(error, exchange, route.path, ports.faults)
    }
  }

  function judgeUpgrade(request: IncomingMessage): Denied | undefined {
    if (running.isStopping) throw new Problem('overloaded')
    const flaw = judgeHandshake(request)
    if (flaw === 'other-version') throw new Problem('upgrade-required')
    if (flaw !== undefined) throw new Problem('target-malformed', 'The handshake of the WebSocket is malformed.')
    return judgeOrigin(request, ports.corsOrigins)
  }

  function deny(denied: Denied, exchange: Exchange, route: RouteFacts): void {
    refuse(exchange, denied, route, edge, handshakeStatus(denied.problem))
  }
}

/** These open sessions that are not of a model, or somebody else's. */
function refuseOtherSessions(query: ReadonlyMap<string, string>): void {
  const other = ['call_id', 'intent', 'deployment'].find((name) => query.has(name))
  if (other !== undefined)
    throw new Problem('param-forbidden', `\`${other}\` opens no session here; name a model in \`model\`.`)
}

function wantsOld({ headers }: IncomingMessage): boolean {
  const asked = headers['openai-beta']
  return asked === 'realtime=v1' || wantsOldEvents(readSubProtocols(headers['sec-websocket-protocol']))
}
