import type { ActivityPart, ActivityTrait } from '../../src/ports/spend-reports.ts'

const AMOUNTS = [
  'promptTokens',
  'completionTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'successes',
  'failures',
] as const

/** What the parts come to for each of the things that they are told apart by, as texts in some order. */
export function sumsOf(parts: readonly ActivityPart[], apart: readonly ActivityTrait[]): readonly string[] {
  const groups = Map.groupBy(parts, (part) => JSON.stringify(apart.map((trait) => part[trait] ?? null)))
  return [...groups]
    .map(([name, those]) => {
      const spend = those.reduce((sum, part) => sum + part.spend, 0n)
      const amounts = AMOUNTS.map((amount) => those.reduce((sum, part) => sum + part[amount], 0))
      return JSON.stringify([name, spend.toString(), ...amounts])
    })
    .toSorted()
}

export function spendOf(parts: readonly ActivityPart[]): bigint {
  return parts.reduce((sum, { spend }) => sum + spend, 0n)
}
