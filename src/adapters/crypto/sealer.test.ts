import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../domain/secret.ts'
import type { Seal } from '../../ports/seal.ts'
import { digests } from './digests.ts'
import { createSeal } from './sealer.ts'
import { openSealing, SealingProblem } from './sealing-keys.ts'

const KEY = new Secret('salt-key-one-0123456789')
const OTHER = new Secret('salt-key-two-0123456789')
const MASTER = digests.digestKey('sk-the-master-key')
const PLACE = { table: 'stored_model', column: 'sealed_params', rowId: 'm-1' }

describe('C-01: what is sealed', () => {
  test('comes back as it was', () => {
    const seal = createSeal([KEY], '')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        expect(seal.open(seal.seal(plain, PLACE), PLACE)?.reveal()).toBe(plain)
      }),
    )
  })

  test('says nothing, and never the same twice', () => {
    const seal = createSeal([KEY], '')
    const sealed = seal.seal('sk-provider', PLACE)
    expect(sealed).toMatch(/^lks1\./)
    expect(sealed).not.toContain('sk-provider')
    expect(sealed).not.toContain(Buffer.from('sk-provider').toString('base64url'))
    expect(seal.seal('sk-provider', PLACE)).not.toBe(sealed)
  })

  test.each([
    ['row', { ...PLACE, rowId: 'm-2' }],
    ['column', { ...PLACE, column: 'info' }],
    ['table', { ...PLACE, table: 'credential' }],
  ])('opens in no other %s', (_, elsewhere) => {
    const seal = createSeal([KEY], '')
    expect(seal.open(seal.seal('x', PLACE), elsewhere)).toBeUndefined()
  })

  test('opens under no other key, and not once a character differs', () => {
    const seal = createSeal([KEY], '')
    const sealed = seal.seal('sk-provider', PLACE)
    expect(createSeal([OTHER], '').open(sealed, PLACE)).toBeUndefined()
    expect(createSeal([], 'off').open(sealed, PLACE)).toBeUndefined()
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'a', '0', '_', '.'), (at, character) => {
        fc.pre(sealed[at] !== character)
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1)
        const opened = seal.open(changed, PLACE)?.reveal()
        // The last character of a base64url text may hold bits that mean nothing.
        expect(at === sealed.length - 1 ? (opened ?? 'sk-provider') : opened).toBe(
          at === sealed.length - 1 ? 'sk-provider' : undefined,
        )
      }),
    )
  })

  test('C-03: under an earlier key still opens', () => {
    const sealed = createSeal([OTHER], '').seal('x', PLACE)
    expect(createSeal([KEY, OTHER], '').open(sealed, PLACE)?.reveal()).toBe('x')
  })
})

describe('C-02: the key', () => {
  let dataDir: string
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'latchkey-seal-'))
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  function openWith(more: { saltKey?: Secret; store?: 'server'; sealed?: boolean } = {}): Promise<Seal> {
    const { saltKey, store = 'embedded', sealed = false } = more
    return openSealing({ saltKey, masterKey: MASTER, store, dataDir, hasSealedRows: async () => sealed })
  }

  test('is made once, kept in a file that only its owner reads, and found again', async () => {
    const sealed = (await openWith()).seal('x', PLACE)
    const { mode } = await stat(join(dataDir, 'sealing-key'))
    expect(mode & 0o777).toBe(0o600)
    expect((await openWith({ sealed: true })).open(sealed, PLACE)?.reveal()).toBe('x')
    expect((await readFile(join(dataDir, 'sealing-key'), 'utf8')).trim()).toMatch(/^[0-9a-f]{64}$/)
  })

  test('of the environment seals from then on, and what the file sealed still opens', async () => {
    const before = (await openWith()).seal('x', PLACE)
    const seal = await openWith({ saltKey: KEY, sealed: true })
    expect(seal.open(before, PLACE)?.reveal()).toBe('x')
    expect(createSeal([KEY], '').open(seal.seal('y', PLACE), PLACE)?.reveal()).toBe('y')
  })

  test('is never made anew where it was lost', async () => {
    await expect(openWith({ sealed: true })).rejects.toThrow(SealingProblem)
    await expect(openWith({ store: 'server', sealed: true })).rejects.toThrow('LITELLM_SALT_KEY')
  })

  test('is not the master key', async () => {
    await expect(openWith({ saltKey: new Secret('sk-the-master-key') })).rejects.toThrow('choose two')
  })

  test('that is damaged stops the start', async () => {
    await writeFile(join(dataDir, 'sealing-key'), 'half')
    await expect(openWith()).rejects.toThrow('damaged')
  })

  test('is not made on a server, whose replicas would each make their own', async () => {
    const seal = await openWith({ store: 'server' })
    expect(seal.keeps).toEqual({ off: expect.stringContaining('LITELLM_SALT_KEY') })
    expect(() => seal.seal('x', PLACE)).toThrow('no key')
    await expect(stat(join(dataDir, 'sealing-key'))).rejects.toThrow('ENOENT')
  })
})
