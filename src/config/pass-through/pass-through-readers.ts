import { Secret } from '../../domain/secret.ts'
import { isAbsent, kindOf } from '../located.ts'
import { aText } from '../readers.ts'
import type { Reader } from '../readers.ts'

const LONGEST_PATH = 255
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/

/** A plain path: no pattern, nothing encoded, no dot segments, so that it has one spelling. */
export const aPassThroughPath: Reader<string> = {
  expects: 'a path such as /bria',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    if (text === undefined) return undefined
    const path = text.replace(/(.)\/$/, '$1')
    if (PATH.test(path) && path.length <= LONGEST_PATH) return path
    const suggestion = 'Write segments of letters, digits and - . _ ~ only; include_subpath takes what is below.'
    findings.error(node.place, key, `Expected ${aPassThroughPath.expects}.`, suggestion)
    return undefined
  },
}

/** May be a credential, and is kept as if it were one. */
export const aQueryValue: Reader<Secret> = {
  expects: 'text, a number, or true or false',
  read: (node, key, findings) => {
    if (node.kind === 'scalar' && !isAbsent(node)) return new Secret(node.text)
    findings.error(node.place, key, `Expected ${aQueryValue.expects}, found ${kindOf(node)}.`)
    return undefined
  },
}
