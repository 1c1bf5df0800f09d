import type { IncomingMessage, ServerResponse } from 'node:http'
import { Problem } from '../../domain/problem.ts'
import type { CallId } from '../../domain/ids.ts'
import { sendProblem, statusOf } from './render-problem.ts'

/** One request and the way to answer it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly callId: CallId
}

export interface FaultPorts {
  /** A refusal carries its reason code. */
  readonly exposeRejectReason: boolean
  /** Something of ours failed; the caller learns the call id and nothing else. */
  readonly onFault: (error: unknown, about: FaultPlace) => void
  readonly onProblem: (problem: Problem, about: FaultPlace) => void
}

export interface FaultPlace {
  readonly callId: string
  readonly route: string
}

/** What was thrown on the way, as an answer; a stream that has begun is cut off instead. */
export function answerFault(error: unknown, { request, response, callId }: Exchange, route: string, ports: FaultPorts) {
  const problem = problemOf(error)
  if (problem === undefined || statusOf(problem.code) >= 500) ports.onFault(error, { callId, route })
  else ports.onProblem(problem, { callId, route })
  sendProblem(response, {
    code: problem?.code ?? 'fault',
    say: problem === undefined ? `Internal Server Error. Correlation id: ${callId}` : problem.say,
    callId,
    reason: ports.exposeRejectReason ? reasonOf(problem) : undefined,
    close: !request.complete,
  })
}

function reasonOf(problem: Problem | undefined): string | undefined {
  const because = problem?.detail['because']
  return typeof because === 'string' ? because : undefined
}

/** Our own refusals, and those of the framework that are about the request. */
function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : Number.NaN
  if (status === 415)
    return new Problem('coding-unsupported', 'The `Content-Type` is malformed; send `application/json`.')
  if (status === 413) return new Problem('body-too-large')
  return status >= 400 && status < 500 ? new Problem('bad-request') : undefined
}
