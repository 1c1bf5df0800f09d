export type AddressFlaw = 'not-a-url' | 'not-http' | 'has-login' | 'has-query' | 'odd-host' | 'never-called'

export interface BaseUrl {
  readonly origin: string
  /** Without a trailing slash. */
  readonly path: string
}

/** An address of the operator's choice, below which paths of ours follow. */
export function readBaseUrl(base: string, forbidsHost: (host: string) => boolean): BaseUrl | AddressFlaw {
  if (!URL.canParse(base)) return 'not-a-url'
  const url = new URL(base)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'not-http'
  if (url.username !== '' || url.password !== '') return 'has-login'
  if (url.search !== '' || url.hash !== '') return 'has-query'
  if (url.hostname.endsWith('.') || hostAsWritten(base) !== url.hostname) return 'odd-host'
  if (forbidsHost(url.hostname)) return 'never-called'
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

/** Parsers agree about plain names and addresses only: `127.1`, `0x7f000001` and full-width digits are `127.0.0.1` to some. */
function hostAsWritten(base: string): string | undefined {
  return /^https?:\/\/([^/?#\\@:[\]]+|\[[^\]]*\])(?::\d+)?(?:\/|$)/i.exec(base)?.[1]?.toLowerCase()
}
