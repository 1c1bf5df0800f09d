import type { JsonObject } from '../../domain/json.ts'
import type { KeySource } from '../../domain/token-settings.ts'

export type Discovery = Extract<KeySource, { kind: 'discovery' }>

export type FoundUrl = { readonly url: string } | { readonly flaw: string }

/**
 * J-14: what a discovery document says counts only if it is about the configured issuer, and its keys lie on the
 * issuer's host or on one that the operator listed.
 */
export function findKeySetUrl(document: JsonObject, source: Discovery, issuer: string | undefined): FoundUrl {
  const { jwks_uri: uri, issuer: named } = document
  if (uri === undefined) return { flaw: `does not contain a 'jwks_uri' field.` }
  if (issuer !== undefined && named !== issuer) return { flaw: 'names another issuer.' }
  if (typeof uri !== 'string' || !URL.canParse(uri)) return { flaw: `has a 'jwks_uri' that is not a URL.` }
  const { host, hostname } = new URL(uri)
  const trusted = [source.url, ...(issuer === undefined ? [] : [issuer])].flatMap(hostsOf)
  const isTrusted = trusted.includes(hostname) || source.hosts.some((each) => each === host || each === hostname)
  return isTrusted ? { url: uri } : { flaw: `has a 'jwks_uri' on a host that is not listed.` }
}

function hostsOf(url: string): readonly string[] {
  return URL.canParse(url) ? [new URL(url).hostname] : []
}
