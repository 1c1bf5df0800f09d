import type { AccessRow } from './access-row.ts'
import { CALL_ROWS } from './access-rows-calls.ts'
import { DIRECTORY_ROWS } from './access-rows-directory.ts'
import { OPERATION_ROWS } from './access-rows-operations.ts'

/** Who may call what, and on whose objects. Routes, tests and docs/access.md read this one table. */
export const ACCESS_TABLE: readonly AccessRow[] = [...CALL_ROWS, ...DIRECTORY_ROWS, ...OPERATION_ROWS]

const CALLS: ReadonlySet<AccessRow> = new Set(CALL_ROWS)

/** Whether it changes something that is administered, other than by calling a model or a tool. */
export function isManagementWrite(row: AccessRow): boolean {
  return row.writes && !CALLS.has(row)
}

const BY_ROUTE: ReadonlyMap<string, AccessRow> = new Map(
  ACCESS_TABLE.flatMap((row) => row.routes.map(({ verb, path }) => [`${verb} ${path}`, row] as const)),
)

/**
 * The row of a route, by its method and its path as the router has it. A route is found by its own name and never by a
 * star, so that a new one must be entered here before the gateway starts with it.
 */
export function rowFor(method: string, path: string): AccessRow | undefined {
  return path.includes('*') ? undefined : BY_ROUTE.get(`${method} ${path}`)
}

/** For routes whose paths the operator chooses. */
export const PASS_THROUGH_ROW: AccessRow = rowNamed('pass-through-use')

function rowNamed(id: string): AccessRow {
  const row = ACCESS_TABLE.find((each) => each.id === id)
  if (row === undefined) throw new RangeError(`There is no row ${id}.`)
  return row
}
