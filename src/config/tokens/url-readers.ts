import type { KeySource } from '../../domain/token-settings.ts'
import { aText } from '../readers.ts'
import type { Reader } from '../readers.ts'

const DISCOVERY = '.well-known/openid-configuration'
/** Providers whose discovery document names keys on another host of theirs. */
const OTHER_HOSTS: ReadonlyMap<string, readonly string[]> = new Map([['accounts.google.com', ['www.googleapis.com']]])

/** What keeps an address from being asked for keys and answers that decide who somebody is; undefined when nothing. */
export function flawOfProviderUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return 'Expected an address that begins with https://.'
  if (url.username !== '' || url.password !== '') return 'The address must not carry a user name or a password.'
  if (url.hash !== '') return 'The address must not carry a fragment (#).'
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'Plain HTTP is taken from this machine only: whoever sits in between could put in keys of their own.'
  return undefined
}

const SAY_HTTPS = 'Write the https:// address of the identity provider.'

export const aProviderUrl: Reader<string> = {
  expects: 'the https:// address of an identity provider',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    const flaw = text === undefined ? undefined : flawOfProviderUrl(text)
    if (flaw === undefined) return text
    findings.error(node.place, key, flaw, SAY_HTTPS)
    return undefined
  },
}

/** Addresses with commas between them. */
export const providerUrls: Reader<readonly string[]> = {
  expects: 'addresses of key sets, with commas between them',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const urls = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
    if (urls.length === 0) findings.error(node.place, key, 'There is no address in it.', SAY_HTTPS)
    return urls.filter((url, index) => {
      const flaw = flawOfProviderUrl(url)
      if (flaw !== undefined)
        findings.error(node.place, key, urls.length === 1 ? flaw : `Address ${index + 1}: ${flaw}`, SAY_HTTPS)
      return flaw === undefined
    })
  },
}

/** A host, with a port where it is not that of the scheme. */
export const aHost: Reader<string> = {
  expects: 'the name of a host, such as keys.example.com',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const url = `https://${text.toLowerCase()}`
    if (URL.canParse(url) && new URL(url).host === text.toLowerCase()) return text.toLowerCase()
    findings.error(node.place, key, `Expected ${aHost.expects}, without https:// and without a path.`)
    return undefined
  },
}

/** A key set, or the discovery document that names one; `hosts` are where that one may be, beside its own. */
export function keySourceOf(address: string, hosts: readonly string[]): KeySource {
  if (!address.includes(DISCOVERY)) return { kind: 'jwks', url: address }
  const { host } = new URL(address)
  return { kind: 'discovery', url: address, hosts: [...new Set([host, ...hosts, ...(OTHER_HOSTS.get(host) ?? [])])] }
}

export function discoveryUrlOf(issuer: string): string {
  return `${issuer.replace(/\/+$/, '')}/${DISCOVERY}`
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
