import { namesSecret } from '../domain/secret-names.ts'
import { Secret } from '../domain/secret.ts'
import { isAbsent, kindOf } from './located.ts'
import { aText } from './readers.ts'
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
        if (value !== undefined && /[\r\n\0]/.test(value)) findings.error(entry.place, path, 'A header is one line.')
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
