import { allow, deny } from '../domain/decision.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import { bearingOf, keyOf } from '../domain/principal.ts'
import type { KeyPrincipal, Principal, TokenPrincipal } from '../domain/principal.ts'
import type { HeaderReader } from './1-intake/arrival.ts'
import { judgeKey } from './2-authenticate/verify-credential.ts'
import type { Proof } from './2-authenticate/verify-credential.ts'
import { decideEndUser } from './4-authorise/decide-end-user.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import type { Admission } from './admission.ts'
import { findEndUser } from './customer-of.ts'
import { TEAM_HEADER } from './tokens/identify-token.ts'
import type { Identified } from './tokens/identify-token.ts'
import { chooseWithCare, decideProof, identify } from './identify.ts'
import type { JourneyPorts } from './journey-ports.ts'

type Asked = Parameters<typeof decideProof>[1]

/** Why the caller of a call that is under way would not be admitted any more; undefined: it would. */
export async function askAgain(admission: Admission, ports: JourneyPorts): Promise<Denied | undefined> {
  const { principal } = admission
  if (principal.kind === 'master') return refusalOf(await decideCustomer(admission, ports))
  const proof = await proveAgain(principal, ports)
  if (proof.verdict === 'deny') return proof
  const asked = askedIn(admission)
  return refusalOf(await decideAgain(await decideProof(proof, asked, ports), asked, admission, ports))
}

function refusalOf(decision: Decision<unknown>): Denied | undefined {
  return decision.verdict === 'deny' ? decision : undefined
}

/** N-39: who the caller of a session is by now, with the credential that it came with looked at anew. */
export async function reauthorise(
  admission: Admission,
  credentialed: HeaderReader,
  ports: JourneyPorts,
): Promise<Decision<Principal>> {
  const { route, clientAddress } = admission
  const asked = { headers: credentialed, route, clientAddress }
  return decideAgain(await identify(asked, ports), asked, admission, ports)
}

async function decideAgain(
  identity: Identified,
  asked: Asked,
  admission: Admission,
  ports: JourneyPorts,
): Promise<Decision<Principal>> {
  if (identity.verdict === 'deny') return identity
  const { ask } = admission
  // A call that is passed on may name no model.
  const model = ask.model === '' ? undefined : ask.model
  const chosen = await chooseWithCare(identity, model, asked, ports)
  if (chosen.verdict === 'deny') return chosen
  const current = chosen.granted
  const served = await decideCustomer(admission, ports)
  if (served.verdict === 'deny') return served
  if (model === undefined) return allow(current)
  const access = decideModelAccess(current, model, ports.catalogue())
  return access.verdict === 'deny' && access.problem !== 'model-unknown' ? access : allow(current)
}

/** Also one who had no row when the call began: to be blocked is to get one. */
async function decideCustomer({ ask }: Admission, ports: JourneyPorts): Promise<Decision<undefined>> {
  return decideEndUser(await findEndUser(ask, ports))
}

function askedIn({ route, teamHeader, clientAddress }: Admission): Asked {
  const headers = {
    get: (name: string) => (name === TEAM_HEADER ? teamHeader : undefined),
    repeated: () => false,
    find: () => undefined,
  }
  return { headers, route, clientAddress }
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
