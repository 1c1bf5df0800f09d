import { expect } from 'vitest'
import type { Verdict } from './asks.ts'
import { chat } from './asks.ts'
import type { Town } from './town.ts'

/** Refused cold and warm, with 401 and one of these reasons; nobody's model was called for it. */
export async function refused(town: Town, token: string, ...reasons: readonly string[]): Promise<Verdict> {
  const calls = town.upstream.requests.total
  const verdict = await chat(town, token)
  const shown = `${token.slice(0, 60)}… ${verdict.answer.text.slice(0, 300)}`
  expect(verdict.status, shown).toBe(401)
  expect(reasons, `${String(verdict.reason)}: ${shown}`).toContain(verdict.reason)
  expect(verdict.answer.headers['www-authenticate'], shown).toMatch(/^Bearer( error="invalid_token")?$/)
  // A credential of another form is shown by four characters at each end (AT-017).
  if (token.length > 40) expect(verdict.answer.text).not.toContain(token.slice(0, 20))
  expect(town.upstream.requests.total).toBe(calls)
  return verdict
}
