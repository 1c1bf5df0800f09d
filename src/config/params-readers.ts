import { namesSecret } from '../domain/secret-names.ts'
import { isHeaderText, isKeyText } from '../domain/header-text.ts'
import { Secret } from '../domain/secret.ts'
import type { JsonObject } from '../domain/json.ts'
import { isAbsent, kindOf } from './located.ts'
import { plainJson } from './plain-json.ts'
import { aSecret, aText } from './readers.ts'
import type { Reader } from './readers.ts'
import { showKey } from './show-name.ts'

/** An http(s) URL without credentials: those would be shown wherever the address is. */
export const anApiBase: Reader<string> = {
  expects: 'a URL such as https://api.example.com/v1',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      findings.error(node.place, key, `Expected ${anApiBase.expects}.`)
      return undefined
    }
    const secretInQuery = [...url.searchParams.keys()].some(
      (name) => namesSecret(name) || /^(?:key|code|sig)$/i.test(name),
    )
    if (url.username !== '' || url.password !== '' || secretInQuery || url.hash !== '') {
      findings.error(
        node.place,
        key,
        'The URL must hold no credentials and no fragment.',
        'Use api_key or extra_headers.',
      )
      return undefined
    }
    return text
  },
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/
const NO_HEADER = 'A header is one line, of the letters of Western Europe at most.'

/** A value that becomes a header. */
export const aHeaderText: Reader<string> = {
  expects: 'one line of text',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined || isHeaderText(text)) return text
    findings.error(node.place, key, NO_HEADER)
    return undefined
  },
}

export const aKey: Reader<Secret> = {
  expects: 'a secret as text',
  read: (node, key, findings) => {
    const secret = aSecret.read(node, key, findings)
    if (secret === undefined || isKeyText(secret.reveal())) return secret
    findings.error(node.place, key, 'A key is one line of printable ASCII.')
    return undefined
  },
}

/** Headers that frame the request; setting them would change where one request ends. */
const FRAMING = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
])

/** Header names in lower case; every value is treated as a secret, since most are. */
export const headerMap: Reader<ReadonlyMap<string, Secret>> = {
  expects: 'a map of headers',
  read: (node, key, findings) => {
    if (isAbsent(node)) return undefined
    if (node.kind !== 'map') {
      findings.error(node.place, key, `Expected a map of headers, found ${kindOf(node)}.`)
      return undefined
    }
    const headers = new Map<string, Secret>()
    for (const [name, entry] of node.entries) {
      const path = `${key}.${showKey(name)}`
      const lower = name.toLowerCase()
      if (!HEADER_NAME.test(name) || FRAMING.has(lower)) {
        findings.error(entry.place, path, 'A header of this name cannot be set.')
      } else if (headers.has(lower)) {
        findings.error(entry.place, path, 'This header is set twice; names compare without case.')
      } else {
        const value = aText.read(entry.value, path, findings)
        if (value !== undefined && !isHeaderText(value)) findings.error(entry.place, path, NO_HEADER)
        else if (value !== undefined) headers.set(lower, new Secret(value))
      }
    }
    return headers
  },
}

export const mockResponse: Reader<string> = {
  expects: 'the text of an answer',
  read: (node, key, findings) => {
    if (node.kind === 'scalar' && node.value === '') return ''
    return aText.read(node, key, findings)
  },
}

/** What the gateway itself writes into a body. */
const WRITTEN_HERE: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options'])

export const ownBody: Reader<JsonObject> = {
  expects: plainJson.expects,
  read: (node, key, findings) => {
    const value = plainJson.read(node, key, findings)
    const taken = Object.keys(value ?? {}).filter((name) => WRITTEN_HERE.has(name))
    for (const name of taken) {
      const place = node.kind === 'map' ? node.entries.get(name)?.place : undefined
      findings.error(place ?? node.place, `${key}.${name}`, 'The gateway writes this member itself, by what is asked.')
    }
    return taken.length === 0 ? value : undefined
  },
}
