import type { Json } from '../../authority/support/caller.ts'
import type { Town } from '../../jwt/support/town.ts'
import type { Denial } from './denial.ts'
import type { ExplainAsk } from './explain-of.ts'

/** What is refused to whoever comes with a token that says this. */
export function said(
  { idp }: Town,
  claims: Json,
  call: Omit<ExplainAsk, 'claims' | 'issuer'>,
  step: string,
  reason: string,
): Denial {
  return { ask: { claims, issuer: idp.issuer, ...call }, step, reason }
}
