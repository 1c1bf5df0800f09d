import { vi } from 'vitest'
import type { Caller, Json } from './caller.ts'
import { goodList } from './caller.ts'

/** The lines of a key, as soon as there is one. */
export async function ledgerRowOf(master: Caller, hash: string): Promise<Json> {
  return vi.waitFor(
    async () => {
      const [line] = await ledgerRowsOf(master, hash)
      if (line === undefined) throw new Error(`no line of ${hash} in the ledger`)
      return line
    },
    { timeout: 8_000, interval: 50 },
  )
}

export async function ledgerRowsOf(master: Caller, hash: string): Promise<readonly Json[]> {
  return goodList(await master.get('/spend/logs')).filter((line) => line['api_key'] === hash)
}
