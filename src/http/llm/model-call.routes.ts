import type { FastifyInstance } from 'fastify'
import {
  chatBody,
  completionBody,
  embeddingBody,
  imageBody,
  moderationBody,
  responsesBody,
} from '../../contract/model-calls.ts'
import { Problem } from '../../domain/problem.ts'
import { MODEL_IN_PATH, OPERATION_PATHS, splitModelPath } from '../../journey/1-intake/operation-paths.ts'
import { OPERATIONS } from '../../journey/1-intake/operations.ts'
import type { Operation, PostedName } from '../../journey/1-intake/operations.ts'
import type { RouteFacts } from '../../journey/1-intake/arrival.ts'
import { admit } from '../../journey/journey.ts'
import { payerOf, writeRefusal } from '../../journey/refused-call.ts'
import type { RefusedCall } from '../../journey/refused-call.ts'
import { serve } from '../../journey/serve.ts'
import type { ServePorts } from '../../journey/serve.ts'
import type { RefusedCalls } from '../../ports/refused-calls.ts'
import type { Together } from '../../ports/together.ts'
import { arrivalOf, describeRoute, factsOf, refuse, takeOver } from '../route.ts'
import type { DescribedAs, EdgePorts } from '../route.ts'
import { answerFault } from '../wire/answer-fault.ts'
import type { Exchange, FaultPorts } from '../wire/answer-fault.ts'
import type { Door, Doors } from '../wire/doors.ts'
import { NodeReply } from '../wire/node-reply.ts'
import { statusOf } from '../wire/render-problem.ts'

/** What is streamed comes as events. */
const STREAMED = { media: ['application/json', 'text/event-stream'] }

const CALLS: Readonly<Record<PostedName, Omit<DescribedAs, 'paths' | 'method'>>> = {
  chat: { summary: 'Chat with a model', body: chatBody, ...STREAMED },
  completion: { summary: 'Have a model go on with a text', body: completionBody, ...STREAMED },
  embedding: { summary: 'Turn texts into vectors', body: embeddingBody },
  image: { summary: 'Have pictures painted', body: imageBody, ...STREAMED },
  moderation: { summary: 'Have texts judged', body: moderationBody },
  responses: { summary: 'Have a model respond', body: responsesBody, ...STREAMED },
}

export interface ModelCallPorts {
  readonly doors: Doors
  /** Where requests wait for those that come in the same turn. */
  readonly together: Together
  readonly serving: ServePorts
  readonly faults: FaultPorts
  /** Where a known caller finds why a call was not made. */
  readonly refusedCalls: RefusedCalls
}

export function modelCallRoutes(
  app: FastifyInstance,
  edge: EdgePorts,
  { doors, together, serving, faults, refusedCalls }: ModelCallPorts,
): void {
  for (const operation of Object.values(OPERATIONS)) {
    const { name } = operation
    // Sessions have a route of their own.
    if (name === 'realtime') continue
    for (const path of OPERATION_PATHS[name]) {
      const route = factsOf('POST', path)
      describeCall(name, route)
      const door: Door = (exchange, facts) => void carry(operation, undefined, facts, exchange)
      doors.open(path, route, door)
      app.post(path, { config: { needs: route.row.id } }, (request, reply) => door(takeOver(request, reply), route))
    }
  }
  for (const { prefix, ends } of MODEL_IN_PATH) {
    const factsByEnd = new Map(
      ends.map(([end, name]) => {
        const facts = factsOf('POST', `${prefix}{model}${end}`)
        describeCall(name, facts)
        return [end, facts] as const
      }),
    )
    app.post<{ Params: { '*': string } }>(
      `${prefix}*`,
      { config: { needs: 'inference', slashInParameter: true } },
      (request, reply) => {
        const found = splitModelPath(request.params['*'], ends)
        const facts = found === undefined ? undefined : factsByEnd.get(found.end)
        if (found === undefined || facts === undefined) throw new Problem('route-unknown')
        void carry(OPERATIONS[found.operation], found.model, facts, takeOver(request, reply))
      },
    )
  }

  function describeCall(name: PostedName, facts: RouteFacts): void {
    describeRoute(edge, { method: 'POST', ...CALLS[name] }, facts)
  }

  async function carry(
    operation: Operation,
    pathModel: string | undefined,
    route: RouteFacts,
    exchange: Exchange,
  ): Promise<void> {
    try {
      await together()
      const admission = await admit(operation, arrivalOf(exchange, route, pathModel, edge), edge.journey)
      if (admission.verdict === 'deny') {
        const kept = keepRefusal(admission, operation, exchange)
        refuse(exchange, admission, route, edge)
        await kept
      } else await serve(admission.granted, new NodeReply(exchange.response), serving)
    } catch (error) {
      answerFault(error, exchange, route.path, faults)
    }
  }

  async function keepRefusal(refused: RefusedCall, operation: Operation, { request, callId }: Exchange): Promise<void> {
    const clientAddress = edge.addresses.of(request)
    const whose = payerOf(refused, edge.journey.directory)
    const payer = whose instanceof Promise ? await whose : whose
    if (payer === undefined) return
    const status = statusOf(refused.problem)
    const facts = { operation, callId, status, clientAddress }
    refusedCalls.keep(writeRefusal(refused, payer, facts, serving))
  }
}
