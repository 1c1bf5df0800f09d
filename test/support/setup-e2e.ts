import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from './gateway.ts'

/** An embedded store that nothing was done with. Making one takes seconds, and copying it a moment. */
export async function setup(): Promise<() => void> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-fresh-'))
  const dataDir = join(home, 'data')
  const gateway = await startGateway({ dataDir })
  await gateway.stop()
  process.env['LATCHKEY_FRESH_STORE'] = dataDir
  return () => rmSync(home, { recursive: true, force: true })
}
