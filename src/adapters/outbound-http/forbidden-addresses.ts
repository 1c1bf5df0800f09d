import { BlockList, isIP } from 'node:net'

/**
 * What no configuration can make a destination (N-23): metadata services of clouds and whatever else is link-local,
 * addresses that mean nobody or many, and IPv6 that hides an IPv4 address. Private networks and this machine are the
 * operator's to name.
 */
const NEVER: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2001::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
]
/** Looks like IPv6 in text and is IPv4 on the wire, which the lists of IPv6 do not see. */
const MAPPED = /^::ffff:/i
const COMPATIBLE = /^::[0-9a-f]+:[0-9a-f]+$|^::\d+\.\d+\.\d+\.\d+$/i

const NAMES = /^(?:metadata|metadata\.goog|metadata\.google\.internal|instance-data(?:\.[a-z0-9-]+)*\.internal)$/i

const never = new BlockList()
for (const [network, length, family] of NEVER) never.addSubnet(network, length, family)

/** An address as the resolver gives it. What is no address is forbidden as well. */
export function isForbiddenAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return never.check(address, 'ipv4')
    case 6:
      return MAPPED.test(address) || COMPATIBLE.test(address) || never.check(address, 'ipv6')
    default:
      return true
  }
}

/** A host as a URL has it: a name, or an address, in brackets where it is IPv6. */
export function isForbiddenHost(host: string): boolean {
  const address = host.startsWith('[') ? host.slice(1, -1) : host
  return isIP(address) === 0 ? NAMES.test(host) : isForbiddenAddress(address)
}
