import { digests } from '../adapters/crypto/digests.ts'
import type { Installation } from '../adapters/sql/installation.ts'
import { chance } from '../adapters/system/chance.ts'
import type { Settings } from '../config/settings.ts'
import { parseKeyDigest } from '../domain/ids.ts'
import type { KeyDigest } from '../domain/ids.ts'
import { base62, writeKey } from '../domain/key-format.ts'

export interface ChosenMasterKey {
  readonly digest: KeyDigest
  /** Only when it was made just now; it is shown once and kept nowhere. */
  readonly generated: string | undefined
}

/** The operator's master key; or the one made at the first start, of which only the digest is known; or a new one. */
export async function chooseMasterKey(settings: Settings, installation: Installation): Promise<ChosenMasterKey> {
  if (settings.masterKey !== undefined)
    return { digest: digests.digestKey(settings.masterKey.reveal()), generated: undefined }

  const generated = newMasterKey()
  const digest = digests.digestKey(generated)
  if ((await installation.claimMasterKeyDigest(digest)) === 'claimed') return { digest, generated }
  const kept = parseKeyDigest((await installation.masterKeyDigest()) ?? '')
  if (kept === undefined) throw new Error('the installation has no usable digest of its master key')
  return { digest: kept, generated: undefined }
}

function newMasterKey(): string {
  const text = base62(chance.secretBytes(128), 53)
  if (text === undefined) return newMasterKey()
  return writeKey('m', text.slice(0, 10), text.slice(10))
}
