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
}

const SHORTEST = 32
const LEAST_DISTINCT = 8

/** In manuals and examples everywhere, so the first that an attacker tries. */
const WELL_KNOWN = /^sk-(?:1234|12345|123456|test|master|litellm|admin|password|secret|changeme|default|your)/i

/** Checks the master key against K-13; true when it is too weak for anything but loopback. */
export function checkMasterKey(use: MasterKeyUse, findings: Findings): boolean {
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

  const weak = value.length < SHORTEST || WELL_KNOWN.test(value) || new Set(value).size < LEAST_DISTINCT
  if (weak) {
    const suggestion = 'Use `sk-` and 32 random bytes.'
    findings.warn(
      use.place,
      use.key,
      'The master key is short or well known; it is accepted on loopback only.',
      suggestion,
    )
  }
  return weak
}
