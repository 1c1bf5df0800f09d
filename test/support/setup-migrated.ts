import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { openEmbedded } from './stores.ts'

/** An embedded store as the migrations leave it, to be copied. */
export async function setup(): Promise<() => void> {
  const { store, dataDir } = await openEmbedded()
  await store.close()
  process.env['LATCHKEY_MIGRATED_STORE'] = dataDir
  return () => rmSync(dirname(dataDir), { recursive: true, force: true })
}
