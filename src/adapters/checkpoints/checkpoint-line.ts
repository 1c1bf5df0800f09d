import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { checkpointText } from '../../domain/audit-checkpoint.ts'
import type { AuditCheckpoint } from '../../domain/audit-checkpoint.ts'
import { epochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'

/** `torn`: no whole line of ours, as a crash leaves them. */
export type ReadLine = AuditCheckpoint | 'forged' | 'torn'

export function writeLine(checkpoint: AuditCheckpoint, installationId: string, key: KeyObject): string {
  const signature = sign(undefined, Buffer.from(checkpointText(installationId, checkpoint)), key).toString('base64url')
  const { sequence, hash, at } = checkpoint
  return `${JSON.stringify({ sequence, hash, at: new Date(at).toISOString(), signature })}\n`
}

export function readLine(line: string, installationId: string, key: KeyObject): ReadLine {
  const value = parse(line)
  if (value === undefined || !isObject(value)) return 'torn'
  const { sequence, hash, at, signature } = value
  if (typeof sequence !== 'number' || typeof hash !== 'string') return 'torn'
  if (typeof at !== 'string' || typeof signature !== 'string') return 'torn'
  const time = Date.parse(at)
  if (Number.isNaN(time)) return 'torn'
  const checkpoint = { sequence, hash, at: epochMs(time) }
  const text = Buffer.from(checkpointText(installationId, checkpoint))
  return verify(undefined, text, key, Buffer.from(signature, 'base64url')) ? checkpoint : 'forged'
}

function parse(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
