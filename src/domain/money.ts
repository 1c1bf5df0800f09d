declare const tag: unique symbol

/** Money in units of 10⁻¹² US dollars. Never a float, never negative. */
export type PicoUsd = bigint & { readonly [tag]: 'PicoUsd' }

export const PICO_PER_USD = 1_000_000_000_000n

const DECIMALS = 12
const ZERO = 48

export function picoUsd(value: bigint): PicoUsd {
  if (value < 0n) throw new RangeError('money is never negative')
  return value as PicoUsd
}

export const NO_MONEY: PicoUsd = picoUsd(0n)

export function addUsd(a: PicoUsd, b: PicoUsd): PicoUsd {
  return picoUsd(a + b)
}

/** The plain decimal text, without an exponent and without trailing zeros: `0.0000135`. */
export function usdText(amount: PicoUsd): string {
  const digits = amount.toString().padStart(DECIMALS + 1, '0')
  const point = digits.length - DECIMALS
  let end = digits.length
  while (end > point && digits.charCodeAt(end - 1) === ZERO) end -= 1
  return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`
}

/** The nearest double, for JSON numbers that clients read as dollars. */
export function usdNumber(amount: PicoUsd): number {
  return Number(usdText(amount))
}

/** Enough for any budget, and within what doubles keep to the cent. */
const MOST_USD = 1e12
const DECIMAL = /^(\d+)(?:\.(\d+))?$/

/** An amount as JSON has it, to the nearest unit; undefined when it is none. */
export function parseUsd(dollars: number): PicoUsd | undefined {
  if (!(dollars >= 0 && dollars <= MOST_USD)) return undefined
  // `toFixed` writes no exponent below 1e21 and rounds the double itself, so that 0.1 is 0.1.
  const [, whole = '0', part = ''] = DECIMAL.exec(dollars.toFixed(DECIMALS)) ?? []
  return picoUsd(BigInt(whole) * PICO_PER_USD + BigInt(part.padEnd(DECIMALS, '0')))
}
