import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** J-14 and N-21, by the text alone. Undefined: nothing speaks against it. */
export function judgeProviderUrl(text: string): string | undefined {
  if (!URL.canParse(text) || text.length > 2_048) return 'it is not a URL'
  const { protocol, hostname, username, password, hash } = new URL(text)
  if (username !== '' || password !== '' || hash !== '') return 'it must hold no credentials and no fragment'
  if (protocol === 'https:') return undefined
  if (protocol !== 'http:') return 'it must begin with https://'
  const host = hostname.replace(/^\[|\]$/g, '')
  const isLocal = isLoopbackAddress(host) || /^(?:[a-z0-9-]+\.)*localhost$/.test(host)
  return isLocal ? undefined : 'it must begin with https://'
}
