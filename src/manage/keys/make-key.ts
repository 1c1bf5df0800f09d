import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import { base62, displayNameOf, writeKey } from '../../domain/key-format.ts'
import { findChosenKeyFlaw } from './judge-chosen-key.ts'
import type { ManagePorts } from '../ports.ts'
import { keyTaken, malformed } from '../refuse.ts'

/** A key in the clear, on its way to its holder. It goes into one answer and nowhere else. */
export interface NewSecret {
  readonly key: string
  readonly digest: KeyDigest
  readonly displayName: string
}

type SecretPorts = Pick<ManagePorts, 'chance' | 'digests' | 'masterKey' | 'rules'>

const ID_LENGTH = 10
const SECRET_LENGTH = 43

/** The caller's own choice where the operator allows that, else 256 random bits. */
export function makeKey(chosen: string | undefined, ports: SecretPorts): Decision<NewSecret> {
  if (chosen === undefined) return allow(makeRandomKey(ports))
  if (!ports.rules.allowCustomKeys) {
    return deny(
      'param-forbidden',
      'param_forbidden',
      'Key values are generated here; the operator sets `allow_custom_keys: false`. Leave out `key` and `new_key`.',
    )
  }
  const flaw = findChosenKeyFlaw(chosen)
  if (flaw !== undefined) return malformed(flaw)
  const secret = secretOf(chosen, ports)
  return ports.digests.equal(secret.digest, ports.masterKey) ? keyTaken() : allow(secret)
}

export function makeRandomKey(ports: Pick<SecretPorts, 'chance' | 'digests'>): NewSecret {
  return secretOf(writeKey('k', randomText(ID_LENGTH, ports), randomText(SECRET_LENGTH, ports)), ports)
}

function secretOf(key: string, { digests }: Pick<SecretPorts, 'digests'>): NewSecret {
  return { key, digest: digests.digestKey(key), displayName: displayNameOf(key) }
}

/** One byte in 32 is passed over, so the first handful is nearly always enough. */
export function randomText(length: number, { chance }: Pick<SecretPorts, 'chance'>): string {
  for (;;) {
    const text = base62(chance.secretBytes(length * 2), length)
    if (text !== undefined) return text
  }
}
