import { vi } from 'vitest'
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { MASTER_KEY, bearer } from '../../../support/gateway.ts'

export type Event = Readonly<Record<string, unknown>>

/** A session as its client sees it. */
export interface Talk {
  readonly opened: true
  readonly socket: WebSocket
  readonly headers: Readonly<Record<string, unknown>>
  /** Everything that was heard so far. */
  readonly events: readonly Event[]
  say(event: object): void
  /** The next event of this type that was not waited for yet. */
  hear(type: string): Promise<Event>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

/** What a handshake was answered with instead of 101. */
export interface Refusal {
  readonly opened: false
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** How a client that only looks at its socket sees it. */
  readonly closeCode: Promise<number>
}

export interface TalkOptions {
  /** The default is the master key; null sends no `Authorization`. */
  readonly key?: string | null
  readonly protocols?: readonly string[]
  readonly options?: ClientOptions
}

/** A gateway whose machine has no breath left says so to keys that it has not seen, and means it. */
export async function tryTalk(
  gateway: { readonly url: string },
  path: string,
  options?: TalkOptions,
): Promise<Talk | Refusal> {
  return await vi.waitFor(
    async () => {
      const tried = await tryOnce(gateway, path, options)
      if (!tried.opened && tried.text.includes('The gateway is at its limit')) throw new Error(tried.text)
      return tried
    },
    { timeout: 30_000, interval: 500 },
  )
}

async function tryOnce(
  { url }: { readonly url: string },
  path: string,
  { key = MASTER_KEY, protocols = [], options = {} }: TalkOptions = {},
): Promise<Talk | Refusal> {
  const headers = { ...(key === null ? {} : bearer(key)), ...options.headers }
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, [...protocols], { ...options, headers })
  const events: Event[] = []
  const heard = new Set<Event>()
  let answered: Talk['headers'] = {}
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString('utf8'))))
  socket.on('upgrade', (answer) => (answered = answer.headers))
  return await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        socket.on('error', () => {})
        socket.terminate()
        resolve({
          opened: false,
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
          closeCode: closed.then(({ code }) => code),
        })
      })
    })
    socket.on('open', () =>
      resolve({
        opened: true,
        socket,
        headers: answered,
        events,
        closed,
        say: (event) => socket.send(JSON.stringify(event)),
        hear: (type) =>
          vi.waitFor(
            () => {
              const found = events.find((event) => event['type'] === type && !heard.has(event))
              if (found === undefined)
                throw new Error(`no ${type} among ${JSON.stringify(events.map((event) => event['type']))}`)
              heard.add(found)
              return found
            },
            { timeout: 10_000, interval: 10 },
          ),
      }),
    )
  })
}

export async function talk(gateway: { readonly url: string }, path: string, options?: TalkOptions): Promise<Talk> {
  const tried = await tryTalk(gateway, path, options)
  if (!tried.opened) throw new Error(`the handshake was answered with ${tried.status}: ${tried.text}`)
  return tried
}

export async function refusal(
  gateway: { readonly url: string },
  path: string,
  options?: TalkOptions,
): Promise<Refusal> {
  const tried = await tryTalk(gateway, path, options)
  if (tried.opened) throw new Error('the session was opened')
  return tried
}

/** Asks for a response and waits for its end. */
export async function respond(
  session: Talk,
  text = 'Hello there',
): Promise<{ readonly id: string; readonly done: Event }> {
  session.say({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  })
  session.say({ type: 'response.create' })
  const done = await session.hear('response.done')
  const { response } = done as { readonly response: { readonly id: string } }
  return { id: response.id, done }
}

export const REALTIME = '/v1/realtime?model='
