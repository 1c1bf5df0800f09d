import type { Pool } from 'undici'
import { bearer } from '../../../support/gateway.ts'

export const KINDS = ['chat', 'stream', 'embedding', 'response', 'response-stream'] as const
export type Kind = (typeof KINDS)[number]

export interface Call {
  readonly number: number
  readonly kind: Kind
  readonly key: string
}

/** An answer that its client saw from the first to the last byte. */
export interface WholeAnswer {
  readonly callId: string
  /** Undefined: an answer of this kind has no id of its own. */
  readonly responseId: string | undefined
}

/** The mock knows a call by its `user`, the ledger by its call id; both are this. */
export function callIdOf({ number }: Pick<Call, 'number'>): string {
  return `crash-call-${number}`
}

/** Undefined: the answer did not come whole, for whatever reason. `answering` is called when it begins. */
export async function makeCall(pool: Pool, call: Call, answering: () => void): Promise<WholeAnswer | undefined> {
  const callId = callIdOf(call)
  try {
    const response = await pool.request({
      method: 'POST',
      path: PATHS[call.kind],
      headers: { ...bearer(call.key), 'content-type': 'application/json', 'x-litellm-call-id': callId },
      body: JSON.stringify({ model: 'plain', user: callId, ...bodyOf(call) }),
    })
    answering()
    const text = await response.body.text()
    if (response.statusCode !== 200 || !isWhole(call.kind, text)) return undefined
    return { callId, responseId: idIn(call.kind, text) }
  } catch {
    return undefined
  }
}

const PATHS: Readonly<Record<Kind, string>> = {
  chat: '/v1/chat/completions',
  stream: '/v1/chat/completions',
  embedding: '/v1/embeddings',
  response: '/v1/responses',
  'response-stream': '/v1/responses',
}

function bodyOf({ kind, number }: Call): object {
  const text = 'word '.repeat(1 + (number % 50))
  const stream = kind === 'stream' || kind === 'response-stream'
  if (kind === 'chat' || kind === 'stream') return { messages: [{ role: 'user', content: text }], stream }
  return kind === 'embedding' ? { input: text } : { input: text, stream }
}

function isWhole(kind: Kind, text: string): boolean {
  if (kind === 'stream') return text.endsWith('data: [DONE]\n\n')
  if (kind === 'response-stream') return text.includes('event: response.completed\n') && text.endsWith('\n\n')
  return text.endsWith('}')
}

function idIn(kind: Kind, text: string): string | undefined {
  return kind === 'embedding' ? undefined : /"id":"((?:chatcmpl|resp)[^"]+)"/.exec(text)?.[1]
}
