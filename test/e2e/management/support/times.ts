import { expect } from 'vitest'

const DAY = 86_400_000

/** That a budget window ends on the border that its duration stands for (UTC). */
export function expectReset(duration: string, at: string): void {
  const reset = new Date(at)
  const left = reset.getTime() - Date.now()
  expect(left).toBeGreaterThan(-2_000)
  const rule = RULES.get(duration)
  if (rule === undefined) throw new Error(`no rule for ${duration}`)
  expect({ duration, at, fits: rule.fits(reset) }).toEqual({ duration, at, fits: true })
  expect(left).toBeLessThanOrEqual(rule.longest)
}

const RULES = new Map<string, { readonly fits: (reset: Date) => boolean; readonly longest: number }>([
  ['5s', { fits: (reset) => reset.getTime() % 5_000 === 0, longest: 5_000 }],
  ['10m', { fits: (reset) => reset.getTime() % 600_000 === 0, longest: 600_000 }],
  ['2h', { fits: (reset) => reset.getTime() % 7_200_000 === 0, longest: 7_200_000 }],
  ['1d', { fits: isMidnight, longest: DAY }],
  ['3d', { fits: isMidnight, longest: 3 * DAY }],
  ['7d', { fits: isMonday, longest: 7 * DAY }],
  ['1w', { fits: isMonday, longest: 7 * DAY }],
  ['30d', { fits: isFirst, longest: 31 * DAY }],
  ['1mo', { fits: isFirst, longest: 31 * DAY }],
])

/** The durations whose borders are known here. */
export const RESETS: readonly string[] = [...RULES.keys()]

function isMidnight(reset: Date): boolean {
  return reset.getTime() % DAY === 0
}

function isMonday(reset: Date): boolean {
  return isMidnight(reset) && reset.getUTCDay() === 1
}

function isFirst(reset: Date): boolean {
  return isMidnight(reset) && reset.getUTCDate() === 1
}

/** How long from now, in seconds. */
export function secondsUntil(at: string): number {
  return (new Date(at).getTime() - Date.now()) / 1_000
}
