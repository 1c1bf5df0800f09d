import type { FastifyInstance } from 'fastify'
import { storedResponseQuery } from '../../contract/model-calls.ts'
import { Problem } from '../../domain/problem.ts'
import { readResponseId, responseOwner } from '../../journey/4-authorise/response-ids.ts'
import { decideModelAccess } from '../../journey/4-authorise/decide-model-access.ts'
import { writeObjectCall } from '../../journey/7-provider/openai/write-request.ts'
import { readReply, writeReply } from '../../journey/7-provider/openai/read-reply.ts'
import { exchangeWhole } from '../../journey/serving/exchange-whole.ts'
import { secretsOf } from '../../journey/serving/prepare-call.ts'
import { statusProblem } from '../../journey/serving/reply-failure.ts'
import type { ServePorts } from '../../journey/serve.ts'
import { granted, plainRoute } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { NodeReply } from '../wire/node-reply.ts'
import { readQuery } from '../wire/read-query.ts'

/** What may be added to the question about a stored response. */
const PASSED_ON = /^(?:include(?:\[\])?|limit|order|after|before)$/

/** Stored responses live at the upstream; our id leads to the deployment that has one, for its owner only. */
export function responseRoutes(app: FastifyInstance, edge: EdgePorts, ports: ServePorts): void {
  const route = (method: 'GET' | 'POST' | 'DELETE', end: string, summary: string): void =>
    plainRoute(app, edge, {
      method,
      summary,
      ...(method === 'GET' ? { query: storedResponseQuery } : {}),
      paths: [`/responses/:response_id${end}`, `/v1/responses/:response_id${end}`],
      answer: (ask) => carry(ask, method, end),
    })
  route('GET', '', 'Look at a stored response')
  route('DELETE', '', 'Delete a stored response')
  route('GET', '/input_items', 'What a stored response was made from')
  route('POST', '/cancel', 'Stop a response that is made in the background')

  async function carry(
    { principal, request, reply }: PlainAsk,
    method: 'GET' | 'POST' | 'DELETE',
    end: string,
  ): Promise<unknown> {
    const id = idOf(request.params)
    const stored = readResponseId(id, responseOwner(principal), ports.signer)
    const deployment = stored === undefined ? undefined : ports.catalogue().deployment(stored.deploymentId)
    if (stored === undefined || deployment === undefined || deployment.target.kind !== 'http') {
      throw new Problem('object-not-found', 'No such response. Use the `id` of an answer that this key got.')
    }
    const name = deployment.group
    granted(decideModelAccess(principal, name, ports.catalogue()))

    const asked = readQuery(request)
    refuseStream(asked)
    const query = [...asked]
      .filter(([key]) => PASSED_ON.test(key))
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    const path = `/responses/${encodeURIComponent(stored.upstreamId)}${end}${query.length === 0 ? '' : `?${query.join('&')}`}`
    const { timeoutMs } = ports.policy
    const call = writeObjectCall(deployment, deployment.target, method, path, { headMs: timeoutMs, idleMs: timeoutMs })
    const answer = await exchangeWhole(
      call,
      secretsOf(call),
      { maxAnswerBytes: ports.maxAnswerBytes, totalMs: timeoutMs },
      new NodeReply(reply.raw),
      ports,
    )
    if (answer.kind === 'gone') return {}
    if (answer.kind === 'failed') throw statusProblem(answer.failure, deployment.provider)
    const read = readReply(answer.text)
    if (read === undefined) throw new Problem('upstream-unreadable')
    const value: unknown = JSON.parse(
      writeReply(read, read.id === stored.upstreamId ? new Map([['id', JSON.stringify(id)]]) : new Map()),
    )
    return value
  }
}

/** An answer as one JSON text would be read as a stream without events. */
function refuseStream(query: ReadonlyMap<string, string>): void {
  if (!['true', '1'].includes(query.get('stream') ?? '')) return
  throw new Problem(
    'bad-request',
    'A stored response is not streamed again. Leave out `stream` and read it as a whole.',
  )
}

function idOf(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('response_id' in params)) return ''
  return String(params.response_id)
}
