import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isForbiddenAddress } from './forbidden-addresses.ts'

export const REFUSED = 'EGRESS_REFUSED'
const MOST_ADDRESSES = 16

/** With an error come no addresses, whatever the types of the platform say. */
type Resolve = (host: string, done: (error: Error | null, addresses?: readonly LookupAddress[]) => void) => void

const resolveBySystem: Resolve = (host, done) => systemLookup(host, { all: true }, done)

/**
 * Resolves a name for one connection, which then goes to one of exactly these addresses: a name that leads elsewhere
 * the next time is looked at again (N-22). One forbidden address among them condemns the name.
 */
export function guardedLookup(resolve: Resolve = resolveBySystem): LookupFunction {
  return (host, options, done) =>
    resolve(host, (error, found = []) => {
      if (error !== null) return done(error, '')
      const wanted = options.family === 4 || options.family === 6 ? options.family : undefined
      const addresses = found.filter(({ family }) => wanted === undefined || family === wanted)
      const [first] = addresses
      if (found.length > MOST_ADDRESSES || found.some(({ address }) => isForbiddenAddress(address)))
        return done(refusal(REFUSED, 'the name leads to an address that is never called'), '')
      if (first === undefined) return done(refusal('ENOTFOUND', 'the name has no address'), '')
      return options.all === true ? done(null, [...addresses]) : done(null, first.address, first.family)
    })
}

function refusal(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code })
}
