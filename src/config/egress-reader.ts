import type { EgressEntry } from '../domain/egress.ts'
import { IPV4, isIpv6, isRange } from './general-readers.ts'
import { aText } from './readers.ts'
import type { Reader } from './readers.ts'

/** `network:port` or `host:port`; an IPv6 network stands in brackets; the port may be `*`. */
export const anEgressEntry: Reader<EgressEntry> = {
  expects: 'an address, a range or a host name with a port, such as 10.0.0.0/8:8000',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const entry = parseEgressEntry(text)
    if (entry === undefined) findings.error(node.place, key, `Expected ${anEgressEntry.expects}.`)
    return entry
  },
}

const ENTRY = /^(?:\[(?<six>[^\]]+)\]|(?<other>[^:[\]]+)):(?<port>\*|\d{1,5})$/
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

function parseEgressEntry(text: string): EgressEntry | undefined {
  const { six, other, port: portText = '' } = ENTRY.exec(text.toLowerCase())?.groups ?? {}
  const port = portText === '*' ? undefined : Number(portText)
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  const range = six ?? other
  if (range === undefined) return undefined
  const [address = '', bits] = range.split('/')
  if (isRange(range) && (six === undefined ? IPV4.test(address) : isIpv6(address))) {
    const [family, most] = six === undefined ? (['ipv4', 32] as const) : (['ipv6', 128] as const)
    return { kind: 'network', address, prefix: Number(bits ?? most), family, port }
  }
  // A host name that ends in a number would be an address in disguise.
  const isName = six === undefined && HOST_NAME.test(range) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(range)
  return isName ? { kind: 'host', name: range, port } : undefined
}
