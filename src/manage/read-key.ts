import { allow, deny } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { KeyDigest } from '../domain/ids.ts'
import { NO_MONEY } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { Principal } from '../domain/principal.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import { digestNamed, loadKey } from './name-key.ts'
import type { ManagePorts } from './ports.ts'
import { keyNotFound } from './refuse.ts'

export interface KeyWithSpend {
  readonly row: VirtualKey
  readonly spend: PicoUsd
}

/** The asked key, or the caller's own. */
export async function readKey(
  name: string | undefined,
  principal: Principal,
  ports: ManagePorts,
): Promise<Decision<KeyWithSpend>> {
  const asked = name === undefined ? undefined : digestNamed(name, ports.digests)
  const digest = principal.kind === 'master' ? allow(asked) : await ownDigest(name, asked, principal.key.digest, ports)
  if (digest.verdict === 'deny') return digest
  const row = digest.granted === undefined ? undefined : await loadKey(digest.granted, ports.keys)
  return row === undefined ? keyNotFound() : allow(await withSpend(row, ports))
}

export async function withSpend(row: VirtualKey, { ledger }: Pick<ManagePorts, 'ledger'>): Promise<KeyWithSpend> {
  const spend = await ledger.spendOfKeys([row.digest])
  return { row, spend: spend.get(row.digest) ?? NO_MONEY }
}

/** INV-14: for somebody else's key and for no key at all the same answer, after the same look-up. */
async function ownDigest(
  name: string | undefined,
  asked: KeyDigest | undefined,
  own: KeyDigest,
  ports: ManagePorts,
): Promise<Decision<KeyDigest>> {
  if (name === undefined || asked === own) return allow(own)
  // The caller's own key may have been rotated, and the caller may still hold the secret of before.
  const found = asked === undefined ? undefined : await ports.keys.findKey(asked, ports.clock.now())
  if (found?.key.digest === own) return allow(own)
  return deny('not-yours', 'object_denied', "You are not allowed to access this key's info. Your role=internal_user")
}
