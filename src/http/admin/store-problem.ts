import { Problem } from '../../domain/problem.ts'

/** SQLSTATE classes of a conflict that another change at the same moment explains. */
const CONFLICTS = new Set(['23503', '23505', '40001', '40P01'])
/** A character, and a time, that no database holds: who asked with it was not answered before. */
const UNHEARD_OF: ReadonlyMap<string, string> = new Map([
  ['22021', 'A text has a character that cannot be stored.'],
  ...['22007', '22008', '22009'].map((code) => [code, 'A time is out of range.'] as const),
])
const SQL_STATE = /^[0-9A-Z]{5}$/
/** What a store was asked that it can't hold is our mistake, and a fault. */
const OUR_MISTAKE = /^(?:22|23|42)/

/** A store that does not answer is the gateway's trouble, said as such: never an absence, never the caller's mistake. */
export function storeProblemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem || !(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code !== undefined && CONFLICTS.has(code)) return new Problem('changed-meanwhile', undefined, {}, error)
  const said = code === undefined ? undefined : UNHEARD_OF.get(code)
  if (said !== undefined) return new Problem('bad-request', said, { because: 'param_type' }, error)
  const isStoreAway =
    code === undefined ? isTimeout(error) : !OUR_MISTAKE.test(code) && (SQL_STATE.test(code) || code.startsWith('E'))
  if (!isStoreAway) return undefined
  return new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, error)
}

/** The drivers' own errors carry no code when a connection is lost or takes too long. */
function isTimeout({ name, message }: Error): boolean {
  return name === 'DatabaseError' || /connection|timeout|terminated|closed/i.test(message)
}
