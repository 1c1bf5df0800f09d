import { allow, deny } from '../domain/decision.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import { bearingOf, keyOf } from '../domain/principal.ts'
import type { KeyPrincipal, TokenPrincipal } from '../domain/principal.ts'
import { judgeKey } from './2-authenticate/verify-credential.ts'
import type { Proof } from './2-authenticate/verify-credential.ts'
import { decideEndUser } from './4-authorise/decide-end-user.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import type { Admission } from './admission.ts'
import { TEAM_HEADER } from './identify-token.ts'
import { chooseCaller, decideProof } from './identify.ts'
import type { JourneyPorts } from './journey-ports.ts'

/** Why the caller of a call that is under way would not be admitted any more; undefined: it would. */
export async function askAgain(
  { principal, ask, route, endUser, teamHeader, clientAddress }: Admission,
  ports: JourneyPorts,
): Promise<Denied | undefined> {
  if (principal.kind === 'master') return undefined
  const proof = await proveAgain(principal, ports)
  if (proof.verdict === 'deny') return proof
  const headers = { get: (name: string) => (name === TEAM_HEADER ? teamHeader : undefined), repeated: () => false }
  const identity = await decideProof(proof, { headers, route, clientAddress }, ports)
  if (identity.verdict === 'deny') return identity
  // A call that is passed on may name no model.
  const model = ask.model === '' ? undefined : ask.model
  const chosen = chooseCaller(identity, model, route, ports)
  if (chosen.verdict === 'deny') return chosen
  const current = chosen.granted
  const served = decideEndUser(endUser === undefined ? undefined : await ports.directory.findEndUser(endUser.id))
  if (served.verdict === 'deny') return served
  if (model === undefined) return undefined
  const access = decideModelAccess(current, model, ports.catalogue())
  return access.verdict === 'deny' && access.problem !== 'model-unknown' ? access : undefined
}

/** A token that ran out while its call ran has not been taken back; its user and team may have been. */
async function proveAgain(principal: KeyPrincipal | TokenPrincipal, ports: JourneyPorts): Promise<Decision<Proof>> {
  const bearing = bearingOf(principal)
  if (bearing !== undefined) return allow({ kind: 'token', token: bearing.token })
  const now = ports.clock.now()
  const digest = keyOf(principal)?.digest
  const found = digest === undefined ? undefined : await ports.directory.findKey(digest, now)
  return found === undefined ? deny('key-unknown', 'key_unknown') : judgeKey(found.key, now)
}
