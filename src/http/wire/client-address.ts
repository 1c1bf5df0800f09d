import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

const MOST_HOPS = 20

/** Tells who called, past the proxies that the operator named and past nobody else. */
export class ClientAddresses {
  readonly #trusted = new BlockList()
  readonly #anyTrusted: boolean

  constructor(networks: readonly string[]) {
    this.#anyTrusted = networks.length > 0
    for (const network of networks) {
      const [address = '', length] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (length === undefined) this.#trusted.addAddress(address, family)
      else this.#trusted.addSubnet(address, Number(length), family)
    }
  }

  /** The right-most address in `X-Forwarded-For` that is not one of ours, if the peer itself is. */
  of(request: IncomingMessage): string | undefined {
    const peer = plain(request.socket.remoteAddress)
    if (peer === undefined || !this.#anyTrusted || !this.#isTrusted(peer)) return peer
    const { 'x-forwarded-for': raw } = request.headers
    const hops = (Array.isArray(raw) ? raw.join(',') : (raw ?? '')).split(',').slice(-MOST_HOPS)
    for (const hop of hops.toReversed()) {
      const address = plain(hop.trim())
      if (address === undefined || isIP(address) === 0) return peer
      if (!this.#isTrusted(address)) return address
    }
    return peer
  }

  #isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}

/** IPv4 in IPv6's clothes is IPv4. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true && address.includes('.') ? address.slice(7) : address
}
