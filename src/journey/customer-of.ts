import type { EndUser } from '../domain/end-user.ts'
import { parseEndUserId } from '../domain/ids.ts'
import type { EndUserId } from '../domain/ids.ts'
import { bearingOf } from '../domain/principal.ts'
import type { Principal } from '../domain/principal.ts'
import { Problem } from '../domain/problem.ts'
import type { WarmDirectory } from '../ports/directory.ts'
import type { ModelAsk } from './1-intake/read-model-request.ts'

/** AT-081: a customer whom the token names is not the caller's to choose. */
export function withClaimedCustomer(ask: ModelAsk, principal: Principal): ModelAsk {
  const claimed = bearingOf(principal)?.facts.endUserId
  const endUserId = claimed === undefined ? undefined : parseEndUserId(claimed)
  return endUserId === undefined ? ask : { ...ask, attribution: { ...ask.attribution, endUserId } }
}

/** The row of the customer that the caller names, if there is one: customers need none to be served. */
export function findEndUser(
  { attribution }: ModelAsk,
  { directory }: { readonly directory: WarmDirectory },
): EndUser | undefined | Promise<EndUser | undefined> {
  const id = attribution.endUserId
  if (id === undefined) return undefined
  const known = directory.peekEndUser(id)
  return known === 'ask' ? askEndUser(id, directory) : known
}

async function askEndUser(id: EndUserId, directory: WarmDirectory): Promise<EndUser | undefined> {
  try {
    return await directory.findEndUser(id)
  } catch (cause) {
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}
