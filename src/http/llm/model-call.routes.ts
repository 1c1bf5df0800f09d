import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../domain/problem.ts'
import { OPERATIONS } from '../../journey/1-intake/operations.ts'
import type { Operation, OperationName } from '../../journey/1-intake/operations.ts'
import type { RouteFacts } from '../../journey/1-intake/arrival.ts'
import { admit } from '../../journey/journey.ts'
import { serve } from '../../journey/serve.ts'
import type { ServePorts } from '../../journey/serve.ts'
import { arrivalOf, refuse, shownPath } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { NodeReply } from '../wire/node-reply.ts'

/** Every path of an operation leads to the same code; the model stands in the body, or in the path before a known end. */
const PATHS: Readonly<Record<OperationName, readonly string[]>> = {
  chat: ['/chat/completions', '/v1/chat/completions'],
  completion: ['/completions', '/v1/completions'],
  embedding: ['/embeddings', '/v1/embeddings'],
  moderation: ['/moderations', '/v1/moderations'],
  responses: ['/responses', '/v1/responses', '/openai/v1/responses'],
}

const MODEL_IN_PATH = ['/engines/', '/openai/deployments/'] as const
const ENDS: readonly (readonly [string, OperationName])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completion'],
  ['/embeddings', 'embedding'],
]

export function modelCallRoutes(app: FastifyInstance, edge: EdgePorts, ports: ServePorts): void {
  for (const operation of Object.values(OPERATIONS)) {
    for (const path of PATHS[operation.name]) {
      const facts: RouteFacts = { path: shownPath(path), needs: 'model-call' }
      app.post(path, { config: { needs: 'model-call' } }, (request, reply) =>
        carry(operation, undefined, facts, request, reply),
      )
    }
  }
  for (const prefix of MODEL_IN_PATH) {
    app.post<{ Params: { '*': string } }>(
      `${prefix}*`,
      { config: { needs: 'model-call', slashInParameter: true } },
      async (request, reply) => {
        const found = splitModelPath(request.params['*'])
        if (found === undefined) throw new Problem('route-unknown')
        const facts: RouteFacts = { path: `${prefix}{model}${found.end}`, needs: 'model-call' }
        return carry(OPERATIONS[found.operation], found.model, facts, request, reply)
      },
    )
  }

  async function carry(
    operation: Operation,
    pathModel: string | undefined,
    facts: RouteFacts,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const admission = await admit(operation, arrivalOf(request, facts, pathModel, edge), edge.journey)
    if (admission.verdict === 'deny') return refuse(request, reply, admission, facts, edge)
    reply.hijack()
    await serve(admission.granted, new NodeReply(reply.raw), ports)
    return reply
  }
}

export function splitModelPath(rest: string): { model: string; operation: OperationName; end: string } | undefined {
  for (const [end, operation] of ENDS) {
    if (rest.endsWith(end) && rest.length > end.length) return { model: rest.slice(0, -end.length), operation, end }
  }
  return undefined
}
