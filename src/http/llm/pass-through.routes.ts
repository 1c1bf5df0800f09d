import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PASS_THROUGH_ROW } from '../../domain/access-table.ts'
import { PASS_THROUGH_METHODS } from '../../domain/pass-through.ts'
import type { PassThrough, PassThroughMethod } from '../../domain/pass-through.ts'
import { Problem } from '../../domain/problem.ts'
import type { PassedArrival, RouteFacts } from '../../journey/1-intake/arrival.ts'
import { BUILT_INS, LEFT_OUT } from '../../journey/7-provider/pass-through/built-in.ts'
import { admitPassThrough, readPassedRoute } from '../../journey/pass-through/admit-pass-through.ts'
import { identifyAndProvision } from '../../journey/identify.ts'
import { serveOpenPassThrough } from '../../journey/pass-through/serve-open-pass-through.ts'
import { servePassThrough } from '../../journey/pass-through/serve-pass-through.ts'
import type { PassPorts } from '../../journey/pass-through/serve-pass-through.ts'
import { callerOf, granted, refuse, takeOver } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { answerFault } from '../wire/answer-fault.ts'
import type { Exchange, FaultPorts } from '../wire/answer-fault.ts'
import { headerReader } from '../wire/header-reader.ts'
import { hasStrayCredential } from '../wire/stray-credential.ts'
import { NodeReply } from '../wire/node-reply.ts'
import { readBytes } from '../wire/read-body.ts'
import { sendProblem } from '../wire/render-problem.ts'

export interface PassThroughPorts {
  readonly passing: PassPorts
  readonly faults: FaultPorts
}

/** Prefixes whose calls go on as they came. What the gateway serves itself below one of them stays its own. */
export function passThroughRoutes(app: FastifyInstance, edge: EdgePorts, { passing, faults }: PassThroughPorts): void {
  const { passThroughs } = edge
  for (const passThrough of passThroughs) {
    const needs = passThrough.asksWho ? PASS_THROUGH_ROW.id : 'nothing'
    for (const method of passThrough.methods) {
      open(passThrough, method, needs, (request, reply) => void carry(passThrough, method, takeOver(request, reply)))
    }
  }
  for (const [path, here] of Map.groupBy(passThroughs, (each) => each.path)) {
    const methods = here.flatMap((each) => each.methods)
    const takesSubpaths = here.some((each) => each.takesSubpaths)
    for (const method of PASS_THROUGH_METHODS.filter((each) => !methods.includes(each))) {
      open({ path, takesSubpaths }, method, 'nothing', (request, reply) =>
        refuseMethod(methods, takeOver(request, reply)),
      )
    }
  }

  const served = new Set(passThroughs.map(({ path }) => path))
  for (const [path, because] of absent(served)) {
    const facts: RouteFacts = { path, row: PASS_THROUGH_ROW }
    for (const method of PASS_THROUGH_METHODS) {
      open({ path, takesSubpaths: true }, method, PASS_THROUGH_ROW.id, async (request, reply) => {
        const identity = await identifyAndProvision(callerOf(request, facts, edge), edge.journey)
        if (identity.verdict === 'allow') throw new Problem('provider-absent', `${path}: ${because}`)
        refuse(takeOver(request, reply), identity, facts, edge)
        return reply
      })
    }
  }

  function open(
    { path, takesSubpaths }: Pick<PassThrough, 'path' | 'takesSubpaths'>,
    method: PassThroughMethod,
    needs: string,
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
  ): void {
    for (const url of takesSubpaths ? [path, `${path}/*`] : [path]) {
      app.route({ method, url, config: { needs }, exposeHeadRoute: false, handler })
    }
  }

  async function carry(passThrough: PassThrough, method: PassThroughMethod, exchange: Exchange): Promise<void> {
    const arrival = arrivalOf(passThrough, method, exchange, edge)
    try {
      const passed = readPassedRoute(arrival)
      const { route, rest } = granted(passed)
      const reply = new NodeReply(exchange.response)
      if (!passThrough.asksWho) {
        const { load } = edge.journey.credentials
        const carried = await serveOpenPassThrough(arrival, { rest, route }, reply, load, edge.journey, passing)
        if (carried.verdict === 'deny') refuse(exchange, carried, route, edge)
        return
      }
      const admission = await admitPassThrough(arrival, { rest, route }, edge.journey)
      if (admission.verdict === 'deny') refuse(exchange, admission, route, edge)
      else await servePassThrough(arrival, admission.granted, reply, passing)
    } catch (error) {
      answerFault(error, exchange, passThrough.path, faults)
    }
  }
}

/** Prefixes that are known and lead nowhere here, each with the reason. */
function absent(served: ReadonlySet<string>): readonly (readonly [path: string, because: string])[] {
  const off = BUILT_INS.filter(({ path }) => !served.has(path)).map(
    ({ path, keyVariables, baseVariables, baseUrl, needsKey }) => {
      const key = needsKey ? [keyVariables.join(' or ')] : []
      const base = baseUrl === undefined ? [baseVariables.join(' or ')] : []
      return [path, `the operator has not set ${[...key, ...base].join(' and ')}.`] as const
    },
  )
  return [...off, ...LEFT_OUT.filter(([path]) => !served.has(path))]
}

function arrivalOf(
  passThrough: PassThrough,
  method: PassThroughMethod,
  { request, response, callId }: Exchange,
  edge: EdgePorts,
): PassedArrival {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  return {
    passThrough,
    method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    headers: headerReader(request),
    rawHeaders: request.rawHeaders,
    callId,
    clientAddress: edge.addresses.of(request),
    hasStrayCredential: () => hasStrayCredential(request),
    readBytes: () => readBytes({ request, response }, edge.limits.inferenceBytes, edge.bodies),
  }
}

function refuseMethod(methods: readonly PassThroughMethod[], { request, response, callId }: Exchange): void {
  const extraHeaders = { allow: methods.join(', ') }
  sendProblem(response, { code: 'method-not-allowed', callId, close: !request.complete, extraHeaders })
}
