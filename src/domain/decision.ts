import type { ProblemCode } from './problem.ts'
import type { Reason } from './reason.ts'

/** The answer of every decider. `problem` is for the caller; `because` is for the operator. */
export type Decision<Granted> = Allowed<Granted> | Denied

export interface Allowed<Granted> {
  readonly verdict: 'allow'
  readonly granted: Granted
}

export interface Denied {
  readonly verdict: 'deny'
  readonly problem: ProblemCode
  /** The sentence for the caller where the problem's own does not say enough. */
  readonly say?: string
  readonly because: Reason
  /** After this time the answer may be another one. */
  readonly retryAfterMs?: number
  /** What clients read beside the text. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the audit log says instead, where the caller must not learn it. */
  readonly onRecord?: Reason
}

export function allow<Granted>(granted: Granted): Allowed<Granted> {
  return { verdict: 'allow', granted }
}

export function deny(problem: ProblemCode, because: Reason, say?: string): Denied {
  return say === undefined ? { verdict: 'deny', problem, because } : { verdict: 'deny', problem, because, say }
}
