import type { EntryId, EpochMs, HoldId, SlotId, KeyDigest } from '../../src/domain/ids.ts'
import { epochMs, parseEntryId, parseKeyDigest } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { picoUsd } from '../../src/domain/money.ts'
import { NO_USAGE } from '../../src/domain/usage.ts'
import { blankKey } from '../../src/domain/virtual-key.ts'
import type { VirtualKey } from '../../src/domain/virtual-key.ts'

export const NOON: EpochMs = epochMs(Date.UTC(2026, 0, 15, 12))

export function digestOf(number: number): KeyDigest {
  return parseKeyDigest(number.toString(16).padStart(64, '0')) as KeyDigest
}

export function entryIdOf(number: number): EntryId {
  return parseEntryId(`00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`) as EntryId
}

export function makeKey(number: number, overrides: Partial<VirtualKey> = {}): VirtualKey {
  const blank = blankKey({ digest: digestOf(number), displayName: 'sk-...abcd' }, 'default_user_id', NOON)
  return { ...blank, ...overrides }
}

export function holdIdFor(number: number): HoldId {
  return `00000000-0000-4000-9000-${number.toString(16).padStart(12, '0')}` as HoldId
}

export function slotIdFor(number: number): SlotId {
  return `00000000-0000-4000-a000-${number.toString(16).padStart(12, '0')}` as SlotId
}

export function makeEntry(number: number, overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    entryId: entryIdOf(number),
    requestId: `chatcmpl-${number}`,
    callId: `call-${number}`,
    callType: 'acompletion',
    payer: { kind: 'key', digest: digestOf(1), alias: undefined },
    userId: undefined,
    teamId: undefined,
    organizationId: undefined,
    endUserId: undefined,
    amount: picoUsd(13_500_000n),
    pricing: 'priced',
    usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 5 },
    usageFrom: 'upstream',
    status: 'success',
    cutShort: false,
    startedAt: NOON,
    firstByteAt: undefined,
    endedAt: epochMs(NOON + 800),
    modelGroup: 'gpt-4o',
    upstreamModel: 'gpt-4o-2024-08-06',
    deploymentId: undefined,
    provider: 'openai',
    httpStatus: 200,
    errorClass: undefined,
    retries: 0,
    tags: [],
    sessionId: undefined,
    clientAddress: undefined,
    callerMetadata: {},
    ...overrides,
  }
}
