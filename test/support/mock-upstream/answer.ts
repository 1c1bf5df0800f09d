import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseBody, readAsk } from './ask.ts'
import { BEHAVIOURS } from './behaviours.ts'
import type { Controlled } from './control.ts'
import { obeyOrder } from './control.ts'
import { writeModelList } from './plain-replies.ts'
import { AZURE_NO_RESOURCE, BAD_KEY, BAD_REQUEST, NO_SUCH_ROUTE } from './provider-errors.ts'
import { JSON_TYPE } from './reply.ts'
import { parseRoute } from './route.ts'
import type { Refusal } from './script.ts'
import type { Serving } from './serving.ts'

export const CONTROL_PATH = '/__control'

export interface Received {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

export interface Answering extends Controlled {
  readonly serving: Serving
  /** The one accepted credential, if any is asked for. */
  readonly apiKey: string | undefined
}

export async function answerRequest(received: Received, parts: Answering): Promise<void> {
  const { request, response, body } = received
  const url = new URL(request.url ?? '/', 'http://mock')
  if (url.pathname === CONTROL_PATH) return send(received, json(JSON.stringify(obeyOrder(parseBody(body), parts))))
  if (parts.apiKey !== undefined && !presents(request, parts.apiKey)) return send(received, BAD_KEY)

  const route = parseRoute(url.pathname)
  if (route === undefined) return send(received, NO_SUCH_ROUTE)
  if (route.isAzure && !url.searchParams.has('api-version')) return send(received, AZURE_NO_RESOURCE)
  if (route.operation === 'models') return send(received, json(writeModelList(BEHAVIOURS.keys())))
  if (route.responseId !== undefined) {
    const stored = parts.serving.responses.answer(request.method ?? '', route.responseId, route.action)
    return send(received, stored ?? NO_SUCH_ROUTE)
  }

  const members = parseBody(body)
  if (request.method !== 'POST' || members === undefined) return send(received, BAD_REQUEST)
  const ask = readAsk(route.operation, route.modelInPath, members)
  const script = parts.scripts.next(ask.model)
  if (script.refusal !== undefined) return send(received, script.refusal, ask.model)
  return parts.serving.serve(response, ask, script)
}

function send({ request, response }: Received, refusal: Refusal, model = ''): void {
  const body = refusal.body
    .replaceAll('{{model}}', model)
    .replaceAll('{{authorization}}', request.headers.authorization ?? String(request.headers['api-key']))
  const headers = Object.entries(refusal.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : [...value],
  ])
  response.writeHead(refusal.status, { ...Object.fromEntries(headers), 'x-request-id': 'req_mock' })
  response.end(body)
}

function json(body: string): Refusal {
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body }
}

function presents(request: IncomingMessage, apiKey: string): boolean {
  return request.headers.authorization === `Bearer ${apiKey}` || request.headers['api-key'] === apiKey
}
