import { claimField } from './claim-field.ts'
import { honour } from '../key-table.ts'
import { aNumber, aText } from '../readers.ts'
import type { Reader } from '../readers.ts'
import type { Section } from '../section.ts'
import type { Findings } from '../finding.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'

const DAY_SECONDS = 86_400
/** What a row can hold. */
const LONGEST_BYTES = 255

const BEHAVIOURS: Readonly<Record<string, KeyMappingPolicy['unregistered']>> = {
  fallback_team_mapping: 'fallback',
  reject: 'reject',
  auto_register: 'register',
}

const aBehaviour: Reader<KeyMappingPolicy['unregistered']> = {
  expects: `one of ${Object.keys(BEHAVIOURS).join(', ')}`,
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const found = Object.hasOwn(BEHAVIOURS, text) ? BEHAVIOURS[text] : undefined
    if (found === undefined) findings.error(node.place, key, `Expected ${aBehaviour.expects}.`)
    return found
  },
}

/** Settings of `litellm_jwtauth` about tokens that stand for virtual keys. */
export const MAPPING = {
  keyClaim: claimField(
    'virtual_key_claim_field',
    'Claim that stands for a virtual key, by the mappings of /jwt/key/mapping. The key’s limits, models and budgets count then.',
  ),
  clientId: claimField(
    'jwt_client_id_field',
    'Other name of virtual_key_claim_field, which wins where both are there.',
  ),
  mappingTtl: honour(
    'virtual_key_mapping_cache_ttl',
    aNumber(0, DAY_SECONDS),
    'Seconds that an answer about a mapping is kept at most; changes count at once all the same. Default 300.',
  ),
  unregistered: honour(
    'unregistered_jwt_client_behavior',
    aBehaviour,
    'What becomes of tokens whose claim stands for no key: fallback_team_mapping judges them by themselves, reject refuses them, auto_register judges them and gives them a key of their own. Default fallback_team_mapping.',
  ),
}

/** Undefined: tokens stand for no keys. */
export function readKeyMapping(jwt: Section, findings: Findings): KeyMappingPolicy | undefined {
  const own = jwt.take(MAPPING.keyClaim)
  const alias = jwt.take(MAPPING.clientId)
  const unregistered = jwt.take(MAPPING.unregistered) ?? 'fallback'
  const ttlSeconds = jwt.take(MAPPING.mappingTtl) ?? 300
  const isWritten = ({ name }: { readonly name: string }): boolean => jwt.node(name) !== undefined
  if (isWritten(MAPPING.keyClaim) && isWritten(MAPPING.clientId)) {
    const message = 'virtual_key_claim_field says the same, and counts.'
    findings.note(jwt.placeOf(MAPPING.clientId), jwt.pathOf(MAPPING.clientId.name), message)
  }
  const field = isWritten(MAPPING.keyClaim) ? own : alias
  if (field === undefined) {
    tellIdle(jwt, unregistered, findings)
    return undefined
  }
  if (Buffer.byteLength(field.text) > LONGEST_BYTES) {
    const path = jwt.pathOf(field.setting)
    findings.error(jwt.placeOf({ name: field.setting }), path, `A mapping names ${LONGEST_BYTES} bytes at most.`)
  }
  return { field, unregistered, ttlSeconds }
}

/** Whoever writes `reject` relies on something being refused. */
function tellIdle(jwt: Section, unregistered: KeyMappingPolicy['unregistered'], findings: Findings): void {
  const isWritten = ({ name }: { readonly name: string }): boolean => jwt.node(name) !== undefined
  // A claim that could not be read has its own finding.
  if (isWritten(MAPPING.keyClaim) || isWritten(MAPPING.clientId)) return
  if (unregistered !== 'fallback') {
    const message = 'This asks for the claim that stands for a key, and there is none.'
    const suggestion = 'Write virtual_key_claim_field: the claim with the client, such as azp or client_id.'
    findings.error(jwt.placeOf(MAPPING.unregistered), jwt.pathOf(MAPPING.unregistered.name), message, suggestion)
  }
  if (isWritten(MAPPING.mappingTtl)) {
    const path = jwt.pathOf(MAPPING.mappingTtl.name)
    findings.warn(jwt.placeOf(MAPPING.mappingTtl), path, 'This has no effect without virtual_key_claim_field.')
  }
}
