import type { Town } from '../../jwt/support/town.ts'
import type { ExplainAsk } from './explain-of.ts'
import type { Random } from './random.ts'

/** A call that is refused, and at which step and why. */
export interface Denial {
  readonly ask: ExplainAsk
  readonly step: string
  readonly reason: string
  /** What whoever calls has in hand. Undefined: a token of what `ask` claims, or nobody has anything. */
  readonly holder?: string | undefined
  /** Where nothing can be tried: the token that the provider would give out now. */
  readonly instead?: string
}

/** One of the many denials of a kind. */
export type Kind = (town: Town, random: Random) => Promise<Denial>

export type Kinds = Readonly<Record<string, Kind>>

const ROUTES = [
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/completions',
  '/v1/responses',
] as const
const MODELS = ['m1', 'm2', 'm3'] as const

export interface Call {
  readonly route: string
  readonly model: string
}

export function anyCall(random: Random): Call {
  return { route: random.pick(ROUTES), model: random.pick(MODELS) }
}

export function anyChat(random: Random): Call {
  return { route: '/v1/chat/completions', model: random.pick(MODELS) }
}

export function modelsBut(model: string): readonly string[] {
  return MODELS.filter((name) => name !== model)
}
