import { formOf } from '../../domain/key-format.ts'

const PREFIX = 'sk-'
const LEAST = 32
/** What a credential may have at most; a longer one would never authenticate. */
const MOST = 512
const LEAST_WITHOUT_WORDS = 24
const LEAST_DISTINCT = 10
const PLAIN = /^[\u0021-\u007e]+$/

/** What people and examples put into keys. It adds length and no secrecy, so it counts for nothing. */
const WORDS =
  /1234567890|123456789|12345678|1234567|123456|12345|1234|qwertyuiop|qwerty|asdfgh|password|passw0rd|changeme|change-me|change_me|secret|example|placeholder|replace-me|your|litellm|latchkey|gateway|proxy|openai|master|admin|default|virtual|api|key|test|demo|dev|prod|[-_.]/gi

/** K-01: says what is wrong with a key value that a caller chose, or nothing. */
export function findChosenKeyFlaw(key: string): string | undefined {
  if (!key.startsWith(PREFIX)) return `New key must start with '${PREFIX}'.`
  const rest = key.slice(PREFIX.length)
  if (rest.length < LEAST) return `A chosen key must have at least ${LEAST} characters after '${PREFIX}'.`
  if (key.length > MOST) return `A chosen key must have at most ${MOST} characters.`
  if (!PLAIN.test(rest)) return 'A chosen key must consist of printable ASCII characters without spaces.'
  if (formOf(key) !== 'foreign') return 'A chosen key must not have the form of keys that this gateway generates.'
  return isGuessable(rest) ? 'The chosen key is too easy to guess. Leave `key` out to have one generated.' : undefined
}

function isGuessable(rest: string): boolean {
  const core = rest.replaceAll(WORDS, '')
  if (core.length < LEAST_WITHOUT_WORDS || new Set(core).size < LEAST_DISTINCT) return true
  return isRepetition(rest) || isRepetition(core) || isMostlyRuns(core)
}

/** Whether the text is a shorter one over and over, the last time perhaps cut off. */
function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true
  }
  return false
}

/** `abcdef…`, `987654…`, `aaaa…`: neighbours that a person's fingers put there. */
function isMostlyRuns(text: string): boolean {
  let runs = 0
  for (let i = 1; i < text.length; i += 1) {
    if (Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) <= 1) runs += 1
  }
  return runs * 2 > text.length
}
