/**
 * RSA keys of a certain chip family have primes of the form k·M + 65537^a, M being a product of the first primes
 * (CVE-2017-15361), and can be factored. Of such a modulus every remainder by a prime of M is a power of 65537; of any
 * other, all of them are so once in some hundred million.
 */
export function hasWeakPrimes(modulus: bigint): boolean {
  return PRIMES.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime))
}

/** Those of which every M is a multiple. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]

function isPowerOf65537(remainder: number, prime: number): boolean {
  const step = 65_537 % prime
  let power = 1
  do {
    if (power === remainder) return true
    power = (power * step) % prime
  } while (power !== 1)
  return false
}
