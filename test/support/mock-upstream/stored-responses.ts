import { JSON_TYPE } from './reply.ts'
import type { Refusal } from './script.ts'

interface Stored {
  readonly body: string
  readonly input: unknown
  readonly isBackground: boolean
}

const KEPT = 1000

/** What the Responses API remembers: the last thousand responses, to get, list the input of, cancel and delete. */
export class StoredResponses {
  readonly #stored = new Map<string, Stored>()

  keep(id: string, body: string, request: Readonly<Record<string, unknown>>): void {
    if (request['store'] === false) return
    this.#stored.set(id, { body, input: request['input'], isBackground: request['background'] === true })
    for (const oldest of this.#stored.keys()) {
      if (this.#stored.size <= KEPT) break
      this.#stored.delete(oldest)
    }
  }

  /** Answers GET and DELETE `/responses/{id}`, GET `…/input_items` and POST `…/cancel`; `undefined` for other calls. */
  answer(method: string, id: string, action: string | undefined): Refusal | undefined {
    const stored = this.#stored.get(id)
    if (stored === undefined) return refuse(404, `Response with id '${id}' not found.`)
    if (method === 'GET' && action === undefined) return found(stored.body)
    if (method === 'GET' && action === 'input_items') return found(writeInputItems(stored.input))
    if (method === 'POST' && action === 'cancel') {
      if (!stored.isBackground) return refuse(400, 'Cannot cancel a synchronous response.')
      return found(stored.body.replace('"status":"completed"', '"status":"cancelled"'))
    }
    if (method === 'DELETE' && action === undefined) {
      this.#stored.delete(id)
      return found(JSON.stringify({ id, object: 'response', deleted: true }))
    }
    return undefined
  }
}

function writeInputItems(input: unknown): string {
  const asked: readonly unknown[] = Array.isArray(input)
    ? input
    : [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
  const data = asked.map((item, i) => Object.assign({ id: `item_${i}` }, item))
  return JSON.stringify({
    object: 'list',
    data,
    first_id: 'item_0',
    last_id: `item_${data.length - 1}`,
    has_more: false,
  })
}

function found(body: string): Refusal {
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body }
}

function refuse(status: number, message: string): Refusal {
  const error = { message, type: 'invalid_request_error', param: null, code: null }
  return { status, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ error }) }
}
