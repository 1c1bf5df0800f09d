import { randomBytes, scrypt } from 'node:crypto'
import type { Passwords } from '../../ports/passwords.ts'

/** About 100 ms and 64 MiB, so that guessing is dear; on the thread pool, so that nobody else waits. */
const COST = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** `scrypt:` and what is needed to check a password against it: cost, salt, hash. */
export const passwords: Passwords = {
  async hash(password) {
    const salt = randomBytes(SALT_BYTES)
    const hash = await derive(password.normalize('NFKC'), salt)
    return `scrypt:${COST.N}:${COST.r}:${COST.p}:${salt.toString('base64url')}:${hash.toString('base64url')}`
  },
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (error, hash) => (error === null ? resolve(hash) : reject(error)))
  })
}
