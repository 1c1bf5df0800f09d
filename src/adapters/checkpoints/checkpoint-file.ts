import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AuditCheckpoint } from '../../domain/audit-checkpoint.ts'
import type { CheckpointBook } from '../../ports/checkpoint-book.ts'
import { readLine, writeLine } from './checkpoint-line.ts'

const OWNER_ONLY = 0o600
/** More than two lines. */
const TAIL_BYTES = 1_024

export function checkpointFile(dataDir: string): string {
  return join(dataDir, 'audit-checkpoints.jsonl')
}

function keyFile(dataDir: string): string {
  return join(dataDir, 'audit-checkpoint-key.pem')
}

/** The file of checkpoints in the data directory, and the key beside it, made at the first start. */
export function openCheckpointFile(dataDir: string, installationId: string): CheckpointBook {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = checkpointFile(dataDir)
  const key = openKey(keyFile(dataDir))
  return {
    keep(checkpoint) {
      const file = openSync(path, 'a+', OWNER_ONLY)
      try {
        const tail = readTail(file)
        // What a crash tore off is left alone on its line.
        const separator = tail === '' || tail.endsWith('\n') ? '' : '\n'
        writeSync(file, separator + writeLine(checkpoint, installationId, key))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    },
    last() {
      if (!existsSync(path)) return undefined
      const file = openSync(path, 'r')
      try {
        const [last] = readTail(file)
          .split('\n')
          .map((line) => readLine(line, installationId, createPublicKey(key)))
          .filter((line) => line !== 'torn')
          .toReversed()
        return last
      } finally {
        closeSync(file)
      }
    },
  }
}

export interface ReadCheckpoints {
  readonly checkpoints: readonly AuditCheckpoint[]
  /** Lines whose signature is not ours, by their number. */
  readonly forged: readonly number[]
  readonly torn: number
}

/** All checkpoints in `path`, checked with the key of the data directory; undefined when the file or the key is missing. */
export async function readCheckpoints(
  path: string,
  dataDir: string,
  installationId: string,
): Promise<ReadCheckpoints | undefined> {
  if (!isFile(path) || !isFile(keyFile(dataDir))) return undefined
  const key = createPublicKey(readFileSync(keyFile(dataDir)))
  const checkpoints: AuditCheckpoint[] = []
  const forged: number[] = []
  let torn = 0
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number += 1
    const read = readLine(line, installationId, key)
    if (read === 'torn') torn += 1
    else if (read === 'forged') forged.push(number)
    else checkpoints.push(read)
  }
  return { checkpoints, forged, torn }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function openKey(path: string): KeyObject {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    try {
      writeFileSync(path, pem, { mode: OWNER_ONLY, flag: 'wx', flush: true })
    } catch (error) {
      // Another process of this directory was faster; its key is as good.
      if (!existsSync(path)) throw error
    }
  }
  return createPrivateKey(readFileSync(path))
}

function readTail(file: number): string {
  const { size } = fstatSync(file)
  const length = Math.min(size, TAIL_BYTES)
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, size - length)
  return bytes.toString()
}
