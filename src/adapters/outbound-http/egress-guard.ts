import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import type { EgressEntry } from '../../domain/egress.ts'
import type { Egress } from '../../ports/egress.ts'

/** N-23. IPv4-mapped IPv6 is judged by the embedded address. */
const PRIVATE = blockList(
  ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ['224.0.0.0/4', '240.0.0.0/4'],
  ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
  ['5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
)

/** Of cloud platforms; whoever reaches these holds the machine's identity. Nothing allows them. */
const METADATA = blockList(
  ['169.254.169.254/32', '169.254.170.2/32', '168.63.129.16/32', '100.100.100.200/32'],
  ['fd00:ec2::254/128'],
)
const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata.goog', 'metadata'])

const MOST_ADDRESSES = 16

/**
 * What hosts that were chosen through the API are held to (N-20…N-23): HTTPS to public addresses, and beside those only
 * what the operator listed with its port. Names are judged by the addresses that the connection is about to use.
 */
export class EgressGuard implements Egress {
  readonly #networks: readonly { readonly list: BlockList; readonly port: number | undefined }[]
  readonly #hosts: readonly { readonly name: string; readonly port: number | undefined }[]

  constructor(entries: readonly EgressEntry[]) {
    this.#networks = entries.flatMap((entry) => {
      if (entry.kind === 'host') return []
      const list = new BlockList()
      list.addSubnet(entry.address, entry.prefix, entry.family)
      return [{ list, port: entry.port }]
    })
    this.#hosts = entries.flatMap((entry) => (entry.kind === 'host' ? [entry] : []))
  }

  judge(text: string): string | undefined {
    if (!URL.canParse(text)) return 'it is not a URL'
    const { protocol, hostname, port, username, password, hash } = new URL(text)
    if (protocol !== 'https:' && protocol !== 'http:') return 'it must begin with https://'
    if (username !== '' || password !== '' || hash !== '') return 'it must hold no credentials and no fragment'
    const host = bare(hostname)
    const at = Number(port === '' ? (protocol === 'http:' ? 80 : 443) : port)
    if (METADATA_NAMES.has(host)) return 'cloud metadata is never called'

    const isListed = this.#listsHost(host, at)
    if (isIP(host) !== 0) {
      const flaw = this.#judgeAddress(host, at)
      if (flaw !== undefined) return flaw
      return protocol === 'https:' || this.#listsAddress(host, at) ? undefined : NO_TLS
    }
    if (!isListed && /(?:^|\.)localhost$/.test(host) && !this.#listsAddress('127.0.0.1', at)) return NOT_PUBLIC
    // A name without TLS may lead to listed addresses only, and that shows when it is looked up.
    const isLocal = /(?:^|\.)localhost$/.test(host)
    return protocol === 'https:' || isListed || isLocal ? undefined : NO_TLS
  }

  /** Resolution and connection are one step: the addresses that come back are those that are connected to. */
  lookupFor(port: number): LookupFunction {
    return (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '', 0)
        const flaw = this.#judgeAnswer(bare(hostname), addresses, port)
        const [first] = addresses
        if (flaw !== undefined || first === undefined) return callback(refusal(flaw ?? 'no address'), '', 0)
        if (options.all === true) callback(null, addresses)
        else callback(null, first.address, first.family)
      })
    }
  }

  #judgeAnswer(host: string, addresses: readonly LookupAddress[], port: number): string | undefined {
    if (addresses.length > MOST_ADDRESSES) return 'the name has too many addresses'
    const isListed = this.#listsHost(host, port)
    for (const { address } of addresses) {
      if (isIn(METADATA, address)) return 'cloud metadata is never called'
      const flaw = isListed ? undefined : this.#judgeAddress(address, port)
      if (flaw !== undefined) return flaw
    }
    return undefined
  }

  #judgeAddress(address: string, port: number): string | undefined {
    if (isIn(METADATA, address)) return 'cloud metadata is never called'
    return isIn(PRIVATE, address) && !this.#listsAddress(address, port) ? NOT_PUBLIC : undefined
  }

  #listsAddress(address: string, port: number): boolean {
    return this.#networks.some((entry) => (entry.port ?? port) === port && isIn(entry.list, address))
  }

  #listsHost(host: string, port: number): boolean {
    return this.#hosts.some((entry) => (entry.port ?? port) === port && entry.name === host)
  }
}

const LISTING = 'the operator can list it in `general_settings.provider_egress_allow`'
const NOT_PUBLIC = `the address is not public; ${LISTING}`
const NO_TLS = `it must begin with https://; ${LISTING}`

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address.split('%')[0] ?? '')
  return family !== 0 && list.check(address.split('%')[0] ?? '', family === 6 ? 'ipv6' : 'ipv4')
}

function blockList(...rows: readonly (readonly string[])[]): BlockList {
  const list = new BlockList()
  for (const range of rows.flat()) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

/** Its code makes it a connection that could not be had. */
function refusal(flaw: string): Error & { code: string } {
  return Object.assign(new Error(`refused by the egress policy: ${flaw}`), { code: 'EGRESS_REFUSED' })
}
