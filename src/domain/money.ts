declare const tag: unique symbol

/** Money in units of 10⁻¹² US dollars. Never a float, never negative. */
export type PicoUsd = bigint & { readonly [tag]: 'PicoUsd' }

export const PICO_PER_USD = 1_000_000_000_000n

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
  const whole = amount / PICO_PER_USD
  const fraction = (amount % PICO_PER_USD).toString().padStart(12, '0').replace(/0+$/, '')
  return fraction === '' ? whole.toString() : `${whole}.${fraction}`
}

/** The nearest double, for JSON numbers that clients read as dollars. */
export function usdNumber(amount: PicoUsd): number {
  return Number(usdText(amount))
}
