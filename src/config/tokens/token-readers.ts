import type { SigningAlgorithm } from '../../domain/token-settings.ts'
import { USER_ROLES } from '../../domain/role.ts'
import type { UserRole } from '../../domain/role.ts'
import { aFlag, aText, aWholeNumber, listOf, oneOrMore } from '../readers.ts'
import type { Reader } from '../readers.ts'

export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const satisfies readonly SigningAlgorithm[]

/** A reader of text that says what is wrong with it; undefined: nothing. */
function textBut(expects: string, flawOf: (text: string) => string | undefined, hint?: string): Reader<string> {
  return {
    expects,
    read: (node, key, findings) => {
      const text = aText.read(node, key, findings)
      const flaw = text === undefined ? undefined : flawOf(text)
      if (flaw === undefined) return text
      findings.error(node.place, key, flaw, hint)
      return undefined
    },
  }
}

/** Compared code unit for code unit, so that a blank at its end would refuse every token. */
export const exactText = textBut('text without blanks around it', (text) =>
  text.trim() === text && !/\p{Cc}/u.test(text)
    ? undefined
    : 'There must be no blanks around it and no line breaks in it.',
)

export const aScope = textBut('one scope', (text) =>
  /^[!-~]+$/.test(text) ? undefined : 'Expected one scope, without blanks.',
)

export const anEmailDomain: Reader<string> = textBut('a domain such as example.com', (text) =>
  /^(?=.{1,253}$)(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text)
    ? undefined
    : 'Expected a domain such as example.com, without @ and without *.',
)

export function isRouteOrGroup(text: string): boolean {
  return /^\/[!-~]{0,255}$/.test(text) || /^[a-z][a-z_]{0,63}$/.test(text)
}

/** A path, which may end in `*`, or the name of a group; which of them there are is checked where routes are known. */
export const aRouteOrGroup = textBut('a path such as /chat/completions, or a group such as openai_routes', (text) =>
  isRouteOrGroup(text) ? undefined : 'Expected a path that begins with /, or the name of a group of routes.',
)

export const anAlgorithm: Reader<SigningAlgorithm> = {
  expects: `one of ${ALGORITHMS.join(', ')}`,
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    const found = ALGORITHMS.find((name) => name === text)
    if (text === undefined || found !== undefined) return found
    const message = /^(?:HS\d+|none)$/i.test(text)
      ? 'Not supported: only signatures that the gateway itself could not make are accepted.'
      : `Expected ${anAlgorithm.expects}.`
    findings.error(node.place, key, message, `Write some of ${ALGORITHMS.join(', ')}.`)
    return undefined
  },
}

const ANY_SIZE = aWholeNumber(512, 65_536)
/** What the headers of a request have together, and what the others of them need. */
const MOST_THAT_ARRIVE = 30 * 1024

export const aTokenSize: Reader<number> = {
  expects: ANY_SIZE.expects,
  read: (node, key, findings) => {
    const bytes = ANY_SIZE.read(node, key, findings)
    if (bytes !== undefined && bytes > MOST_THAT_ARRIVE) {
      const message = 'The headers of a request are 32 KiB at most together, so that no token of this size arrives.'
      findings.warn(node.place, key, message, `Write ${MOST_THAT_ARRIVE} or less.`)
    }
    return bytes
  },
}

export function aRole<Role extends UserRole>(...roles: readonly Role[]): Reader<Role> {
  return {
    expects: `one of ${roles.join(', ')}`,
    read: (node, key, findings) => {
      const text = aText.read(node, key, findings)
      const found = roles.find((role) => role === text)
      if (text === undefined || found !== undefined) return found
      const meant = text === 'internal_user_view_only' ? 'Write internal_user_viewer.' : undefined
      findings.error(node.place, key, `There is no such role. The roles are: ${roles.join(', ')}.`, meant)
      return undefined
    },
  }
}

export const aUserRole: Reader<UserRole> = aRole(...USER_ROLES)

/** An empty list would say that nothing is accepted. */
export function someOf<Value>(list: Reader<readonly Value[]>): Reader<readonly Value[]> {
  return {
    expects: list.expects,
    read: (node, key, findings) => {
      if (node.kind !== 'list' || node.items.length > 0) return list.read(node, key, findings)
      findings.error(node.place, key, 'The list is empty, so that every token would be refused.', 'Leave it out.')
      return undefined
    },
  }
}

export const someTexts = someOf(oneOrMore(exactText))
export const routes = listOf(aRouteOrGroup)

/** Who a caller is hangs on it, so that text which only looks like true is not taken for it. */
export const anUnquotedFlag: Reader<boolean> = {
  expects: aFlag.expects,
  read: (node, key, findings) => {
    const isText = node.kind === 'scalar' && typeof node.value === 'string' && node.from === undefined
    if (!isText) return aFlag.read(node, key, findings)
    findings.error(node.place, key, 'Expected true or false, found text.', 'Write the word true without quotes.')
    return undefined
  },
}
