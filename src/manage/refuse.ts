import { deny } from '../domain/decision.ts'
import type { Denied } from '../domain/decision.ts'

export function malformed(say: string): Denied {
  return deny('bad-request', 'param_type', say)
}

export function keyNotFound(say?: string): Denied {
  return deny('key-not-found', 'key_unknown', say)
}

export function aliasTaken(alias: string | undefined): Denied {
  return deny(
    'alias-taken',
    'param_type',
    `Key with alias '${alias ?? ''}' already exists. Unique key aliases across all keys are required.`,
  )
}

export function keyTaken(): Denied {
  return deny('key-taken', 'param_type')
}

export function changedMeanwhile(): Denied {
  return deny('changed-meanwhile', 'param_type')
}
