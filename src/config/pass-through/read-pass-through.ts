import { PASS_THROUGH_METHODS } from '../../domain/pass-through.ts'
import type { PassThroughEntry } from '../../domain/pass-through-entry.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Findings, Place } from '../finding.ts'
import { whyNoKeyHeader } from '../header-readers.ts'
import { listOf } from '../readers.ts'
import type { Reader } from '../readers.ts'
import { need } from '../section-reader.ts'
import { Section } from '../section.ts'
import { ENDPOINT, ENDPOINT_TABLE } from './known-pass-through.ts'

/** An entry, and where it stands: whether its path is free and its target can be called is known elsewhere. */
export interface LocatedPassThrough {
  readonly entry: PassThroughEntry
  readonly key: string
  readonly places: { readonly path: Place; readonly target: Place; readonly auth: Place }
}

/** The entries of `pass_through_endpoints`, those that could be read. */
export const passThroughEndpoints: Reader<readonly LocatedPassThrough[]> = listOf({
  expects: 'a map with path and target',
  read: (node, key, findings) => {
    const section = Section.open(node, key, ENDPOINT_TABLE, findings, { listsNames: true })
    const entry = readEntry(section, findings)
    const { path, target, auth } = ENDPOINT
    const places = { path: section.placeOf(path), target: section.placeOf(target), auth: section.placeOf(auth) }
    return entry === undefined ? undefined : { entry, key, places }
  },
})

const USER_KEY = 'litellm_user_api_key'
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/

function readEntry(section: Section, findings: Findings): PassThroughEntry | undefined {
  const path = need(section, ENDPOINT.path, findings)
  const target = need(section, ENDPOINT.target, findings)
  const headers = new Map(section.take(ENDPOINT.headers))
  const userKeyHeader = takeUserKey(headers, section, findings)
  const methods = section.take(ENDPOINT.methods) ?? []
  const entry = {
    headers,
    userKeyHeader,
    forwardsHeaders: section.take(ENDPOINT.forwardsHeaders) ?? false,
    includesSubpath: section.take(ENDPOINT.includesSubpath) ?? false,
    auth: section.take(ENDPOINT.auth) ?? true,
    methods: methods.length === 0 ? PASS_THROUGH_METHODS : [...new Set(methods)],
    defaultQueryParams: section.take(ENDPOINT.defaultQueryParams) ?? new Map<string, Secret>(),
    costPerRequest: section.take(ENDPOINT.costPerRequest),
    isLangfuse: section.take(ENDPOINT.customAuthParser) === 'langfuse',
  }
  return path === undefined || target === undefined ? undefined : { ...entry, path, target }
}

/** It stands among the headers that are sent, and is none. */
function takeUserKey(headers: Map<string, Secret>, section: Section, findings: Findings): string | undefined {
  const name = headers.get(USER_KEY)?.reveal().toLowerCase()
  headers.delete(USER_KEY)
  if (name === undefined) return undefined
  const because = HEADER_NAME.test(name) ? whyNoKeyHeader(name) : NO_HEADER
  if (because === undefined) return name
  findings.error(section.placeOf(ENDPOINT.headers), `${section.pathOf('headers')}.${USER_KEY}`, because)
  return undefined
}

const NO_HEADER = 'Expected the name of a header, in which callers send their key.'
