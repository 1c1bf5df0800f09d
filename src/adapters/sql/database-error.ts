/** The part of a database error that carries no row content; what crosses the worker boundary. */
export interface DatabaseFault {
  readonly message: string
  readonly code?: string
  readonly constraint?: string
}

export class DatabaseError extends Error implements DatabaseFault {
  override readonly name = 'DatabaseError'
  readonly code?: string
  readonly constraint?: string

  constructor(fault: DatabaseFault) {
    super(fault.message)
    if (fault.code !== undefined) this.code = fault.code
    if (fault.constraint !== undefined) this.constraint = fault.constraint
  }
}

/** Reads an error of either driver. */
export function faultOf(error: unknown): DatabaseFault {
  if (!(error instanceof Error)) return { message: describeOther(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const constraint = 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(constraint === undefined ? {} : { constraint }),
  }
}

/** What the embedded database throws about its files has a number, and no text. */
function describeOther(error: unknown): string {
  const isOfFiles = typeof error === 'object' && error !== null && 'errno' in error
  return isOfFiles ? `a file could not be used (errno ${String(error.errno)})` : String(error)
}

const UNIQUE_VIOLATION = '23505'
/** Data exception, integrity constraint violation, program limit exceeded (such as JSON nested too deep). */
const CONTENT_CLASSES = new Set(['22', '23', '54'])

/** True when the store is well and refused because of what it was given: trying again won't help. */
export function refusesContent(error: unknown): boolean {
  return CONTENT_CLASSES.has(faultOf(error).code?.slice(0, 2) ?? '')
}

export function violatesAnyUnique(error: unknown): boolean {
  return faultOf(error).code === UNIQUE_VIOLATION
}

const DEADLOCK = '40P01'

/** Two changes waited for each other, and this one was undone: by itself it goes through. */
export function wasDeadlocked(error: unknown): boolean {
  return faultOf(error).code === DEADLOCK
}

/** Internal error (data or an index is corrupt), and trouble with the files. */
const DAMAGE_CLASSES = new Set(['XX', '58'])

export function findsDamage(error: unknown): boolean {
  return DAMAGE_CLASSES.has(faultOf(error).code?.slice(0, 2) ?? '')
}
