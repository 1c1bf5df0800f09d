import { createHash } from 'node:crypto'
import { bearer } from '../../../support/gateway.ts'
import type { Answer, Ask } from '../../hostile/support/stand.ts'
import { CHAT, callGateway, chatBody, valueAt } from '../../hostile/support/stand.ts'

/** Whoever holds a credential, at one gateway process. */
export interface Caller {
  readonly key: string
  /** The identifier of the key's row. */
  readonly hash: string
  ask(ask: Ask): Promise<Answer>
  get(path: string): Promise<Answer>
  post(path: string, body: object): Promise<Answer>
  patch(path: string, body: object): Promise<Answer>
  remove(path: string, body?: object): Promise<Answer>
  chat(model: string, more?: object): Promise<Answer>
}

export function callerOf(port: number, key: string): Caller {
  const ask = (wanted: Ask): Promise<Answer> =>
    callGateway(port, { ...wanted, headers: { ...(key === '' ? {} : bearer(key)), ...wanted.headers } })
  return {
    key,
    hash: digestOf(key),
    ask,
    get: (path) => ask({ path }),
    post: (path, body) => ask({ method: 'POST', path, body }),
    patch: (path, body) => ask({ method: 'PATCH', path, body }),
    remove: (path, body) => ask({ method: 'DELETE', path, ...(body === undefined ? {} : { body }) }),
    chat: (model, more = {}) => ask({ path: CHAT, body: chatBody(model, { max_tokens: 8, ...more }) }),
  }
}

export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

export type Json = Readonly<Record<string, unknown>>

/** The body of an answer that has to be 200; everything else fails here, with what was said. */
export function good(answer: Answer): Json {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.text.slice(0, 500)}`)
  const value: Json = JSON.parse(answer.text)
  return value
}

/** As `good`, for answers that are bare lists. */
export function goodList(answer: Answer): readonly Json[] {
  const value: unknown = good(answer)
  if (!Array.isArray(value)) throw new Error(`expected a list: ${answer.text.slice(0, 500)}`)
  return value
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, path)
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')} in ${JSON.stringify(value)}`)
  return found
}

/** No role for this: gateway-api 1.3 says 401 for most routes, security appendix A says 403. */
export const NO_ROLE: readonly number[] = [401, 403]
/** Out of scope: not there as far as this caller can tell. */
export const NOT_FOR_YOU: readonly number[] = [401, 403, 404]
/** A value beyond what the caller has: 403, and 400 where gateway-api 5 names it. */
export const TOO_MUCH: readonly number[] = [400, 401, 403]
/** Any refusal by a rule. What it left behind is judged apart. */
export const REFUSED: readonly number[] = [400, 401, 403, 404, 405, 409, 415, 422]
/** The principal is gone or blocked. */
export const DEAD: readonly number[] = [401, 403]
