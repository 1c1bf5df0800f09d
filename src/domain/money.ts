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
