import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from './gateway.ts'
import { EMPTY, createDatabase } from './stores.ts'

/** Stores of both kinds that nothing was done with. Making one takes seconds, and copying it a moment. */
export async function setup(): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-fresh-'))
  const dataDir = join(home, 'data')
  const database = await createDatabase(EMPTY)
  for (const store of [{ dataDir }, { databaseUrl: database.url }]) {
    const gateway = await startGateway(store)
    await gateway.stop()
  }
  // A start makes it where LITELLM_SALT_KEY is not set; a store that is begun with one has none.
  rmSync(join(dataDir, 'sealing-key'))
  process.env['LATCHKEY_FRESH_STORE'] = dataDir
  process.env['LATCHKEY_FRESH_DATABASE'] = new URL(database.url).pathname.slice(1)
  return async () => {
    // A server that was started for this run may have ended before.
    await database.drop().catch(() => undefined)
    rmSync(home, { recursive: true, force: true })
  }
}
