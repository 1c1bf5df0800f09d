export type LogFacts = Readonly<Record<string, string | number | boolean>>

/** What parts with a life of their own tell the operator. Facts carry no secret and no row content. */
export interface OperatorLog {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts): void
}
