import type { Secret } from '../domain/secret.ts'
import type { Findings, Place } from './finding.ts'
import type { LocatedModel } from './read-models.ts'

export interface MasterKeyUse {
  readonly masterKey: Secret
  readonly key: string
  readonly place: Place
  readonly saltKey: Secret | undefined
  readonly models: readonly LocatedModel[]
  readonly providerEnvironment: ReadonlyMap<string, Secret>
  /** The address that the gateway will listen on. */
  readonly host: string
}

const SHORTEST = 32
const LEAST_DISTINCT = 8

/** In manuals and examples everywhere, so the first that an attacker tries. */
const WELL_KNOWN = /^sk-(?:1234|12345|123456|test|master|litellm|admin|password|secret|changeme|default|your)/i

const LOOPBACK_ADDRESS = /^127(?:\.\d{1,3}){1,3}$/

/** Checks the master key against K-13. */
export function checkMasterKey(use: MasterKeyUse, findings: Findings): void {
  const value = use.masterKey.reveal()
  if (!value.startsWith('sk-')) {
    findings.error(use.place, use.key, 'The master key must begin with sk-.')
  }
  if (/[^!-~]/.test(value)) {
    findings.error(use.place, use.key, 'The master key must be printable ASCII without spaces.')
  }
  if (value === use.saltKey?.reveal()) {
    findings.error(use.place, use.key, 'The master key and LITELLM_SALT_KEY are the same; choose two.')
  }
  for (const { key, place, entry } of use.models) {
    if (entry.params.apiKey?.reveal() !== value) continue
    findings.error(
      place,
      `${key}.litellm_params.api_key`,
      'The master key is sent to this provider as its key; choose another.',
    )
  }
  for (const [name, secret] of use.providerEnvironment) {
    // The clients of the gateway read this one; it is no provider's.
    if (name === 'LITELLM_API_KEY' || secret.reveal() !== value) continue
    findings.error(use.place, use.key, `The master key equals the provider key ${name}; choose another.`)
  }

  if (isWeak(value)) refuseBeyondLoopback(use, findings)
}

function refuseBeyondLoopback({ place, key, host }: MasterKeyUse, findings: Findings): void {
  const suggestion = 'Use `sk-` and 32 random bytes.'
  const message = 'The master key is short or well known; it is accepted on loopback only'
  if (isLoopback(host)) findings.warn(place, key, `${message}.`, suggestion)
  else findings.error(place, key, `${message}, and the gateway is to listen elsewhere.`, suggestion)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || LOOPBACK_ADDRESS.test(host)
}

/** Checks the key that seals secrets in the store (C-02). */
export function checkSaltKey(saltKey: Secret | undefined, host: string, findings: Findings): void {
  if (saltKey === undefined || !isWeak(saltKey.reveal())) return
  const message = 'The key that seals stored secrets is short or well known; it is accepted on loopback only'
  const suggestion = 'Use 32 random bytes. Secrets that were sealed with this one have to be written again.'
  if (isLoopback(host)) findings.warn({}, 'LITELLM_SALT_KEY', `${message}.`, suggestion)
  else findings.error({}, 'LITELLM_SALT_KEY', `${message}, and the gateway is to listen elsewhere.`, suggestion)
}

function isWeak(value: string): boolean {
  return value.length < SHORTEST || WELL_KNOWN.test(value) || new Set(value).size < LEAST_DISTINCT
}
