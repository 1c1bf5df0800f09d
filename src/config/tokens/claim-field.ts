import type { ClaimPath } from '../../domain/claims.ts'
import type { ClaimField } from '../../domain/token-settings.ts'
import type { Findings, Place } from '../finding.ts'
import { honour } from '../key-table.ts'
import type { Honoured } from '../key-table.ts'
import { aText } from '../readers.ts'
import type { Reader } from '../readers.ts'

const MOST_SEGMENTS = 8
const LONGEST_SEGMENT = 256
const NEVER = new Set(['__proto__', 'constructor', 'prototype'])
const ESCAPED_DOT = '\u0000'

/** `a.b` leads from member to member, `\.` is a dot in a name, and any other backslash stands for itself. */
export function parseClaimPath(text: string): ClaimPath {
  const parts = text.replaceAll('\\.', ESCAPED_DOT).split('.')
  return parts.map((part) => part.replaceAll(ESCAPED_DOT, '.'))
}

/** A setting whose value says where in a token something stands. */
export function claimField(name: string, does: string): Honoured<ClaimField> {
  const reader: Reader<ClaimField> = {
    expects: aClaimPath.expects,
    read: (node, key, findings) => {
      const text = readPathText(node, key, findings)
      return text === undefined ? undefined : { path: parseClaimPath(text), text, setting: name }
    },
  }
  return honour(name, reader, does)
}

/** A path as written, for where its setting is named later. */
export const aClaimText: Reader<string> = {
  expects: 'the path of a claim, such as sub',
  read: (node, key, findings) => readPathText(node, key, findings),
}

export const aClaimPath: Reader<ClaimPath> = {
  expects: 'the path of a claim, such as email or realm_access.roles',
  read: (node, key, findings) => {
    const text = readPathText(node, key, findings)
    return text === undefined ? undefined : parseClaimPath(text)
  },
}

const readPathText: Reader<string>['read'] = (node, key, findings) => {
  const text = aText.read(node, key, findings)
  if (text === undefined) return undefined
  const flaw = flawOf(text)
  if (flaw !== undefined) {
    findings.error(node.place, key, flaw.message, flaw.suggestion)
    return undefined
  }
  tellSurprises(text, node.place, key, findings)
  return text
}

interface Flaw {
  readonly message: string
  readonly suggestion: string
}

function flawOf(text: string): Flaw | undefined {
  const path = text.includes(ESCAPED_DOT) ? [] : parseClaimPath(text)
  if (path.length === 0 || path.some((part) => part === '' || part.trim() !== part || /\p{Cc}/u.test(part))) {
    const suggestion = 'Write names joined by single dots, such as realm_access.roles; \\. is a dot inside a name.'
    return { message: 'This is not the path of a claim.', suggestion }
  }
  if (path.length > MOST_SEGMENTS)
    return { message: `A path has at most ${MOST_SEGMENTS} names.`, suggestion: 'Name a claim that is less deep.' }
  if (path.some((part) => part.length > LONGEST_SEGMENT))
    return { message: `A name has at most ${LONGEST_SEGMENT} characters.`, suggestion: 'Name another claim.' }
  const never = path.find((part) => NEVER.has(part))
  if (never !== undefined)
    return { message: `${never} cannot be part of a path.`, suggestion: 'Tokens with such a member are refused.' }
  if (path[0]?.startsWith('_litellm_') === true) {
    const message = 'Claims whose names begin with _litellm_ are never read.'
    return { message, suggestion: 'Name a claim that the provider puts into its tokens.' }
  }
  return undefined
}

function tellSurprises(text: string, place: Place, key: string, findings: Findings): void {
  const path = parseClaimPath(text)
  if (path[0] === 'metadata' && path.length > 1) {
    const message = 'This reads a member of the claim metadata; the prefix is not taken away.'
    findings.note(place, key, message, 'Leave metadata. out where the claim stands at the top.')
  }
  if (path.length > 1 && HALF_AN_ADDRESS.test(path[0] ?? '')) {
    const message = 'Each dot leads into an object, so that a claim whose name is an address is not found by this.'
    findings.warn(place, key, message, 'Write \\. for each dot that belongs to the name.')
  }
  if (indexedBase(text) !== undefined) {
    const message = 'Elements of lists cannot be picked by number, so that this finds nothing in a list.'
    findings.warn(place, key, message, 'Name the list itself; where one value is wanted, its first element counts.')
  }
}

/** Of an address whose first dot was taken for one between names. */
const HALF_AN_ADDRESS = /^https?:\/\/[^/.]*$/i

/** `roles` of `roles.0` and `roles[0]`. */
function indexedBase(text: string): string | undefined {
  return /^(?<base>.+?)(?:\.\d+|\[\d+\])$/.exec(text)?.groups?.['base']
}
