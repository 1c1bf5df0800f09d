import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { Clock } from '../ports/clock.ts'
import type { WarmDirectory } from '../ports/directory.ts'
import type { IdSigner } from '../ports/id-signer.ts'
import type { NextTurn } from '../ports/next-turn.ts'
import type { IntakeSettings } from './1-intake/read-model-request.ts'
import type { CredentialPorts, Proof } from './2-authenticate/verify-credential.ts'
import type { RoutePolicy } from './4-authorise/decide-route.ts'
import type { MeterPorts } from './5-meter/reserve-budget.ts'
import type { TokenPorts } from './tokens/identify-token.ts'
import type { Afresh } from './second-looks.ts'
import type { Trail } from './trail.ts'

export interface JourneyPorts {
  readonly clock: Clock
  readonly credentials: CredentialPorts
  readonly directory: WarmDirectory
  readonly catalogue: () => ModelCatalogue
  readonly signer: IdSigner
  readonly nextTurn: NextTurn
  /** The id that all replicas share. */
  readonly installation: string
  readonly meter: MeterPorts
  /** Undefined: tokens of identity providers are not taken. */
  readonly tokens: TokenPorts | undefined
  /** Undefined: what is remembered is all that a refusal is told by. */
  readonly afresh?: Afresh | undefined
  readonly settings: JourneySettings
  /** Present where somebody asked for an explanation. */
  readonly trail?: Trail
  /** In an explanation: what is taken as proven, in place of a credential. */
  readonly proven?: Proof
}

export interface JourneySettings {
  readonly intake: IntakeSettings
  /** `litellm_key_header_name`: replaces every other place of a credential. */
  readonly keyHeader: string | undefined
  readonly enforcedParams: readonly string[]
  readonly routes: RoutePolicy
}
