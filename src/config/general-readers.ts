import { Secret } from '../domain/secret.ts'
import type { Findings } from './finding.ts'
import { kindOf } from './located.ts'
import type { Located } from './located.ts'
import { anEndUserHeader } from './header-readers.ts'
import { aSecret, aText, listOf, oneOf } from './readers.ts'
import type { Reader } from './readers.ts'
import { showKey } from './show-name.ts'

function textThat(expects: string, accepts: (text: string) => boolean): Reader<string> {
  return {
    expects,
    read: (node, key, findings) => {
      const text = aText.read(node, key, findings)
      if (text === undefined || accepts(text)) return text
      findings.error(node.place, key, `Expected ${expects}.`)
      return undefined
    },
  }
}

export const anOrigin = textThat('an origin such as https://app.example.com', (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && url.origin === text && (url.protocol === 'https:' || url.protocol === 'http:')
})

export const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

export const anAddressRange = textThat('an address or a range such as 10.0.0.0/8', isRange)

export function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  if (rest.length > 0) return false
  const most = IPV4.test(address) ? 32 : isIpv6(address) ? 128 : -1
  return most >= 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}

export function isIpv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}

/** A PostgreSQL address. What other database layers read from its query, and ours does not, is said. */
export const databaseUrl: Reader<Secret> = {
  expects: 'a PostgreSQL URL',
  read: (node, key, findings) => {
    const secret = aSecret.read(node, key, findings)
    return secret === undefined || !checkDatabaseUrl(secret, node, key, findings) ? undefined : secret
  },
}

function checkDatabaseUrl(secret: Secret, node: Pick<Located, 'place'>, key: string, findings: Findings): boolean {
  const text = secret.reveal()
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text)) {
    findings.error(node.place, key, 'Expected a URL that begins with postgresql://.')
    return false
  }
  const query = new URL(text).searchParams
  if ((query.get('schema') ?? 'public') !== 'public') {
    const suggestion = 'Use a database of its own, or set search_path for the database user.'
    findings.error(node.place, key, 'Not supported: a schema other than public in the URL.', suggestion)
    return false
  }
  for (const name of ['connection_limit', 'pool_timeout', 'pgbouncer', 'connect_timeout']) {
    if (!query.has(name)) continue
    const suggestion = 'Use database_connection_pool_limit and database_connection_timeout.'
    findings.warn(node.place, key, `${name} in the URL has no effect.`, suggestion)
  }
  return true
}

/** The same check for the environment, which has no lines. */
export function checkedDatabaseUrl(text: string, key: string, findings: Findings): Secret | undefined {
  const secret = new Secret(text)
  return checkDatabaseUrl(secret, { place: {} }, key, findings) ? secret : undefined
}

const role = oneOf('customer', 'internal_user')

/** `[{header_name, litellm_user_role}]`: the headers that name an end user. */
export const endUserHeaderMappings: Reader<readonly string[]> = listOf({
  expects: '{header_name, litellm_user_role}',
  read: (node, key, findings) => {
    if (node.kind !== 'map') {
      findings.error(node.place, key, `Expected {header_name, litellm_user_role}, found ${kindOf(node)}.`)
      return undefined
    }
    for (const [name, entry] of node.entries) {
      if (name === 'header_name' || name === 'litellm_user_role') continue
      findings.error(entry.place, `${key}.${showKey(name)}`, 'There is no such setting.')
    }
    const header = node.entries.get('header_name')?.value
    const mapped = node.entries.get('litellm_user_role')?.value
    const name = header === undefined ? undefined : anEndUserHeader.read(header, `${key}.header_name`, findings)
    const as = mapped === undefined ? undefined : role.read(mapped, `${key}.litellm_user_role`, findings)
    if (header === undefined) findings.error(node.place, key, 'header_name is missing.')
    if (mapped === undefined) findings.error(node.place, key, 'litellm_user_role is missing.')
    if (as === 'internal_user') {
      const suggestion = 'An internal user is who the key belongs to; map the header to customer.'
      findings.error(
        mapped?.place ?? node.place,
        key,
        'Not supported: a header cannot name the internal user.',
        suggestion,
      )
    }
    return as === 'customer' ? name : undefined
  },
})
