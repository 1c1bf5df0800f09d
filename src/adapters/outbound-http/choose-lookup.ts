import type { LookupFunction } from 'node:net'
import type { UpstreamCall } from '../../ports/upstream.ts'
import type { EgressGuard } from './egress-guard.ts'
import { guardedLookup } from './guarded-lookup.ts'

/** How the name of a destination becomes the addresses that are connected to. */
export type ChooseLookup = (call: Pick<UpstreamCall, 'host' | 'origin'>) => LookupFunction

/** The operator's hosts are the operator's business, as far as anybody's are. */
export function chooseLookup(guard: EgressGuard, lookup: LookupFunction = guardedLookup()): ChooseLookup {
  return ({ host, origin }) => {
    if (host === 'from-our-config') return lookup
    const { protocol, port } = new URL(origin)
    return guard.lookupFor(Number(port === '' ? (protocol === 'http:' ? 80 : 443) : port))
  }
}
