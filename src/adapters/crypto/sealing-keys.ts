import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '../../domain/secret.ts'
import type { Seal } from '../../ports/seal.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import { digests } from './digests.ts'
import { createSeal } from './sealer.ts'

export interface SealingOptions {
  /** LITELLM_SALT_KEY */
  readonly saltKey: Secret | undefined
  readonly masterKey: KeyDigest
  readonly store: 'embedded' | 'server'
  readonly dataDir: string
  /** Rows that were sealed before. */
  readonly hasSealedRows: () => Promise<boolean>
}

/** Why a start stops, as a sentence for the operator. */
export class SealingProblem extends Error {
  override readonly name = 'SealingProblem'
}

const FILE = 'sealing-key'
const FILE_KEY = /^[0-9a-f]{64}$/
const SET_IT = 'Set LITELLM_SALT_KEY, to the same value on every replica.'

/**
 * The key outside of the database that secrets in it are sealed with: LITELLM_SALT_KEY; or, where one process has the
 * database to itself, a key made once and kept as a file beside it. Secrets sealed before LITELLM_SALT_KEY was set stay
 * readable through that file.
 */
export async function openSealing(options: SealingOptions): Promise<Seal> {
  const { saltKey, masterKey, store, dataDir, hasSealedRows } = options
  if (saltKey !== undefined && digests.digestKey(saltKey.reveal()) === masterKey) {
    throw new SealingProblem('The master key and LITELLM_SALT_KEY are the same; choose two.')
  }
  const off = `Secrets can be stored on PostgreSQL only with a key that all replicas share. ${SET_IT}`
  if (store === 'server') {
    if (saltKey === undefined && (await hasSealedRows())) {
      throw new SealingProblem(`The database holds sealed secrets, but LITELLM_SALT_KEY is not set. ${SET_IT}`)
    }
    return createSeal(saltKey === undefined ? [] : [saltKey], off)
  }

  const path = join(dataDir, FILE)
  const kept = await readKeyFile(path)
  if (saltKey !== undefined) return createSeal(kept === undefined ? [saltKey] : [saltKey, kept], off)
  if (kept !== undefined) return createSeal([kept], off)
  if (await hasSealedRows()) {
    throw new SealingProblem(
      `The database holds sealed secrets, but neither LITELLM_SALT_KEY nor the file ${path} is there. Set the one or restore the other.`,
    )
  }
  return createSeal([await makeKeyFile(path)], off)
}

async function readKeyFile(path: string): Promise<Secret | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  if (FILE_KEY.test(text.trim())) return new Secret(text.trim())
  throw new SealingProblem(`The file ${path} is damaged. Restore it from the backup that the database belongs to.`)
}

async function makeKeyFile(path: string): Promise<Secret> {
  const key = randomBytes(32).toString('hex')
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${key}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return new Secret(key)
}
