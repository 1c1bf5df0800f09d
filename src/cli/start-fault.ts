import { SealingProblem } from '../adapters/crypto/sealing-keys.ts'
import { StoreProblem } from '../adapters/sql/store-problem.ts'
import { CustomValidateProblem } from '../wiring/load-custom-validate.ts'

/** What an operator can mend, as a sentence; undefined: a fault of ours. */
export function describeStartFault(error: unknown): string | undefined {
  if (error instanceof StoreProblem || error instanceof SealingProblem || error instanceof CustomValidateProblem)
    return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE') return 'the port is in use by another program. Choose another one with --port.'
  if (code === 'EACCES') return 'the address may not be used by this user. Choose another one with --host and --port.'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'this machine does not have the address given with --host.'
  return undefined
}
