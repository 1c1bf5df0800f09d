import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../domain/ids.ts'
import { SIGNING_ALGORITHMS } from '../../../test/support/raw-token.ts'
import { parseStrictJson } from './parse-strict-json.ts'
import { KeySet, publishedKeys } from './key-set.ts'
import type { KeyStore } from './key-store.ts'
import { proveSignature } from './prove-signature.ts'
import { decodeCanonical, readToken } from './read-token.ts'
import { readHeader } from './read-header.ts'

/** Beside the project, where the people who work on it keep what is not ours: the JOSE vectors of Wycheproof. */
const FOLDER = join(import.meta.dirname, '../../../../shared/vectors')
const FILES = ['signature', 'key', 'crypto', 'encryption'].map((name) => `json_web_${name}_test.json`)

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: string
  readonly jws?: string | object
  readonly jwe?: string | object
}

interface Group {
  readonly comment: string
  readonly public?: Readonly<Record<string, unknown>>
  readonly private?: Readonly<Record<string, unknown>>
  readonly tests: readonly Vector[]
}

const isThere = FILES.every((file) => existsSync(join(FOLDER, file)))
if (!isThere) console.warn(`The public test vectors are not in ${FOLDER}: nothing is proven by them in this run.`)

/** As a provider would publish it: what is private stays at home. */
function storeOf({ public: published, private: secret }: Group): KeyStore | undefined {
  const document = parseStrictJson(Buffer.from(JSON.stringify(published ?? secret)))
  const keys = document.ok ? publishedKeys(document.value) : ''
  const set = typeof keys === 'string' ? undefined : new KeySet(keys)
  if (set === undefined) return undefined
  const find: KeyStore['find'] = async (kid) => {
    const choice = set.choose(kid)
    return choice.is === 'unknown' ? { is: 'unknown', isNews: true } : choice
  }
  return { find, findAnew: find, findSuccessor: async () => undefined, vouchesFor: () => true }
}

/** Header, key and signature alone: what the vectors sign is no claims. */
async function isProven(text: string, store: KeyStore | undefined): Promise<boolean> {
  const parts = text.split('.')
  const head = parseStrictJson(decodeCanonical(parts[0] ?? '') ?? Buffer.of())
  const areCanonical = parts.length === 3 && parts.every((part) => part !== '' && decodeCanonical(part) !== undefined)
  if (!areCanonical || !head.ok || store === undefined) return false
  const header = readHeader(head.value)
  if (typeof header === 'string') return false
  const proof = await proveSignature({ text, header }, { algorithms: SIGNING_ALGORITHMS }, [store], epochMs(0))
  return !('denied' in proof)
}

/** Valid by the letter: nothing is signed, or the key says that it is for another algorithm than the token's. */
function isBeneathUs(text: string, { public: published }: Group): boolean {
  const [head = '', payload] = text.split('.')
  const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string }
  return payload === '' || (published?.['alg'] !== undefined && published['alg'] !== alg)
}

const groups = (file: string): readonly Group[] =>
  isThere ? (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { testGroups: readonly Group[] }).testGroups : []

describe.each(FILES)('J-15: %s', (file) => {
  const all = groups(file)

  test('no invalid vector is proven, no symmetric one, nothing encrypted, and every other valid one is', async () => {
    const wrong: string[] = []
    let proven = 0
    for (const group of all) {
      const store = storeOf(group)
      for (const { tcId, comment, result, jws, jwe } of group.tests) {
        const signed = jws ?? jwe ?? ''
        const text = typeof signed === 'string' ? signed : JSON.stringify(signed)
        const isSymmetric = String(group.private?.['kty']) === 'oct' || !('public' in group)
        const isWanted = result === 'valid' && jws !== undefined && !isSymmetric && !isBeneathUs(text, group)
        const is = await isProven(text, store)
        if (is) proven += 1
        if (is !== isWanted) wrong.push(`${group.comment} ${tcId} ${comment}: ${String(is)}`)
        const read = readToken(text, 65_536)
        if (jwe !== undefined && typeof read !== 'string') wrong.push(`${group.comment} ${tcId}: read`)
      }
    }
    expect({ wrong, proven }).toEqual({ wrong: [], proven: expect.any(Number) })
    expect(proven > 0 || !isThere || file.includes('encryption')).toBe(true)
  })
})
