const SECOND_MS = 1000
const UNIT_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
  w: 7 * 86_400 * SECOND_MS,
  mo: 30 * 86_400 * SECOND_MS,
}

const DURATION = /^(\d{1,9})(mo|[smhdw])[a-z]*$/

/** `30s`, `5m`, `24h`, `7d`, `2w`, `1mo` as milliseconds; longer unit names (`30min`) are read by their beginning. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text.trim().toLowerCase())
  const unitMs = UNIT_MS[match?.[2] ?? '']
  return unitMs === undefined ? undefined : Number(match?.[1]) * unitMs
}
