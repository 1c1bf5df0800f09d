/**
 * Who calls: proxy administrator and viewer, organisation admin, team admin, user, user viewer, key without a user, token
 * of a team, token of a user, anonymous.
 */
export const COLUMNS = ['PA', 'PAV', 'OA', 'TA', 'IU', 'IUV', 'KN', 'JT', 'JU', 'AN'] as const

export type Column = (typeof COLUMNS)[number]

/**
 * How far a right goes: A any object, V any object to look at, O of the own organisations, T of the own teams, S the own
 * and oneself, M as the team lets its members, SM both, D a call under the caller's own policy, P for everybody.
 */
export const RIGHTS = ['A', 'V', 'O', 'T', 'S', 'M', 'SM', 'D', 'P', '-'] as const

export type Right = (typeof RIGHTS)[number]

export interface Cell {
  readonly right: Right
  /** The condition that goes with the right, by its number on docs/access.md. */
  readonly note: number | undefined
}

export interface AccessRoute {
  /** `ANY` stands for every method. */
  readonly verb: string
  /** As the router has it, parameters in braces. With a star: a family of routes that is not served yet. */
  readonly path: string
}

export interface AccessRow {
  readonly id: string
  /** In the matrix of the specification; undefined for routes of our own. */
  readonly number: number | undefined
  readonly routes: readonly AccessRoute[]
  /** Changes something, spends something, or makes the gateway call somebody. No viewer may. */
  readonly writes: boolean
  readonly cells: Readonly<Record<Column, Cell>>
}

const CELL = /^(A|V|O|T|SM?|M|D|P|-)([0-9]{0,2})$/

/**
 * One row in short: `GET,HEAD /x /y` for routes, where `(/v1)/x` is both `/x` and `/v1/x`, and a cell for each column, in
 * their order, with the number of its note. A slip of the pen stops the start.
 */
export function row(
  number: number | undefined,
  id: string,
  effect: 'reads' | 'writes',
  routes: readonly string[],
  cells: string,
): AccessRow {
  const texts = cells.split(' ')
  if (texts.length !== COLUMNS.length) throw new RangeError(`row ${id} has ${texts.length} cells`)
  const [PA, PAV, OA, TA, IU, IUV, KN, JT, JU, AN] = texts.map((text) => readCell(id, text))
  if (!PA || !PAV || !OA || !TA || !IU || !IUV || !KN || !JT || !JU || !AN) throw new RangeError(id)
  return {
    id,
    number,
    writes: effect === 'writes',
    routes: routes.flatMap(readRoutes),
    cells: { PA, PAV, OA, TA, IU, IUV, KN, JT, JU, AN },
  }
}

function readCell(id: string, text: string): Cell {
  const [, letters, digits = ''] = CELL.exec(text) ?? []
  const right = RIGHTS.find((each) => each === letters)
  if (right === undefined) throw new RangeError(`row ${id} has a cell ${text}`)
  return { right, note: digits === '' ? undefined : Number(digits) }
}

function readRoutes(text: string): AccessRoute[] {
  const [verbs = '', ...paths] = text.split(' ')
  const both = paths.flatMap((path) => (path.startsWith('(/v1)') ? [path.slice(5), `/v1${path.slice(5)}`] : [path]))
  return verbs.split(',').flatMap((verb) => both.map((path) => ({ verb, path })))
}
