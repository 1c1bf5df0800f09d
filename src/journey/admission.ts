import type { EndUser } from '../domain/end-user.ts'
import type { CallId, EpochMs } from '../domain/ids.ts'
import type { ResolvedModel } from '../domain/model-catalogue.ts'
import type { Principal } from '../domain/principal.ts'
import type { FailureClass } from '../domain/upstream-failure.ts'
import type { RouteFacts } from './1-intake/arrival.ts'
import type { ModelAsk } from './1-intake/read-model-request.ts'
import type { CallBudget } from './5-meter/call-budget.ts'
import type { CallRates } from './5-meter/call-rates.ts'
import type { StoredResponse } from './4-authorise/response-ids.ts'

/** What `admit` lets through: who asks, what for, and what it leads to. Only such a value can be served. */
export interface Admission {
  readonly principal: Principal
  readonly ask: ModelAsk
  readonly route: RouteFacts
  readonly model: ResolvedModel
  /** Checked like the model itself, one by one. */
  readonly fallbacks: readonly ResolvedModel[]
  /** Those that count instead when this went wrong; checked like the others. */
  readonly specialFallbacks: ReadonlyMap<FailureClass, readonly ResolvedModel[]>
  /** The stored response that this call goes on from; only its own deployment knows it. */
  readonly continues: StoredResponse | undefined
  /** The customer that the caller named, where there is a row of it. */
  readonly endUser: EndUser | undefined
  /** The gateways that the call has passed, this one included. */
  readonly hops: string
  /** What is held for this call; undefined: it falls under no budget. */
  readonly budget: CallBudget | undefined
  /** Where it is counted while it runs; undefined: it falls under no rate. */
  readonly rates: CallRates | undefined
  readonly callId: CallId
  readonly clientAddress: string | undefined
  /** What the caller said about which of its teams this is for. */
  readonly teamHeader: string | undefined
  readonly admittedAt: EpochMs
}
