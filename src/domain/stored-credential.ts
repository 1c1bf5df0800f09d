import type { JsonObject } from './json.ts'
import type { Stamps } from './stamps.ts'

/** Secrets for providers under a name that models refer to. Written, never read back. */
export interface StoredCredential extends Stamps {
  readonly name: string
  /** Opened only where a call goes out. */
  readonly sealedValues: string
  readonly info: JsonObject
}
