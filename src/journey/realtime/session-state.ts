import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Attempt } from '../serving/attempt-context.ts'
import type { ResponseBook } from './response-book.ts'
import type { SessionMeter } from './session-meter.ts'
import type { SessionRates } from './session-rates.ts'
import type { SessionModels } from './session-models.ts'

/** What is known of a session while it runs. */
export interface SessionState {
  readonly attempt: Attempt
  /** Of the deployment, to be kept out of what is shown. */
  readonly secrets: readonly string[]
  readonly models: SessionModels
  readonly meter: SessionMeter
  readonly rates: SessionRates
  readonly book: ResponseBook
  readonly catalogue: () => ModelCatalogue
  /** Who the caller was when it was last asked about. */
  principal: Principal
  /** What the upstream calls the model. */
  reportedModel: string | undefined
}
