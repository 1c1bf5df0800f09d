import { expect } from 'vitest'
import type { Answer } from './desk.ts'

/** Times are ISO 8601 in UTC, with milliseconds and `Z`. */
export const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
export const UUID: unknown = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
export const HASH: unknown = expect.stringMatching(/^[0-9a-f]{64}$/)
export const TEXT: unknown = expect.any(String)

interface ErrorLike {
  readonly message?: string | RegExp
  readonly type?: string
  readonly param?: string
}

/** The envelope of nearly every failure: `code` is the status as a string. */
export function expectError(answer: Answer, status: number | readonly number[], like: ErrorLike = {}): void {
  expectStatus(answer, status)
  const { message, type, param } = like
  expect(answer.json).toMatchObject({
    error: {
      message:
        message === undefined ? TEXT : expect.stringMatching(typeof message === 'string' ? literal(message) : message),
      code: String(answer.status),
    },
  })
  const { error } = answer.json
  for (const name of ['type', 'param']) expect(error[name] === null || typeof error[name] === 'string').toBe(true)
  if (type !== undefined) expect(error.type).toBe(type)
  if (param !== undefined) expect(error.param).toBe(param)
}

/** Where handlers let the raw error through: `{"detail": {"error": …}}`, or `{"detail": "…"}`. */
export function expectRaw(answer: Answer, status: number | readonly number[], message: string | RegExp): void {
  expectStatus(answer, status)
  const { detail } = answer.json ?? {}
  const said: unknown = typeof detail === 'string' ? detail : detail?.error
  expect(said).toEqual(expect.stringMatching(typeof message === 'string' ? literal(message) : message))
}

/** A failure of either envelope, where releases disagree about which. */
export function expectFailure(answer: Answer, status: number | readonly number[], text?: string | RegExp): void {
  expectStatus(answer, status)
  expect(answer.json?.error ?? answer.json?.detail).toBeDefined()
  if (text !== undefined) expect(answer.text).toMatch(text)
}

/** A body or query of the wrong shape: 422 and a list of places. */
export function expectInvalid(answer: Answer, place: readonly (string | number)[], like: object = {}): void {
  expectStatus(answer, 422)
  expect(answer.json).toEqual({ detail: expect.any(Array) })
  for (const issue of answer.json.detail) expect(issue).toMatchObject({ type: TEXT, msg: TEXT, loc: expect.any(Array) })
  expect(answer.json.detail).toContainEqual(expect.objectContaining({ loc: place, ...like }))
}

export function expectMissing(answer: Answer, place: 'body' | 'query', name: string): void {
  expectInvalid(answer, [place, name], { type: 'missing', msg: 'Field required' })
}

/** A rule over several members, as a model-level validator tells it. */
export function expectRule(answer: Answer, text: string): void {
  expectStatus(answer, 422)
  expect(answer.json.detail).toContainEqual(
    expect.objectContaining({ type: 'value_error', msg: expect.stringContaining(text) }),
  )
}

const ADMIN_ONLY = 'Only proxy admin can be used to generate, delete, update info for new keys/users/teams'

export function expectAdminOnly(answer: Answer, status: number | readonly number[] = 401): void {
  expectError(answer, status, { message: ADMIN_ONLY })
}

export function expectStatus(answer: Answer, status: number | readonly number[]): void {
  const allowed = typeof status === 'number' ? [status] : status
  // That there is no such route would otherwise pass for a refusal.
  if (NO_ROUTE.test(answer.text)) expect.fail(answer.text)
  if (!allowed.includes(answer.status)) {
    expect.fail(`status ${answer.status} instead of ${allowed.join(' or ')}: ${answer.text.slice(0, 600)}`)
  }
}

const NO_ROUTE = /there is no \w+ route of this name/

function literal(text: string): RegExp {
  return new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
}
