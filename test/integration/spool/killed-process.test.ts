import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSpool } from '../../../src/adapters/spool/open-spool.ts'
import { holdFile } from '../../../src/adapters/system/hold-file.ts'
import { parseLedgerLine } from '../../../src/domain/ledger-line.ts'
import type { LedgerStore } from '../../../src/ports/ledger.ts'
import { runProcess } from '../../support/run-process.ts'
import { SILENT } from '../../support/stores.ts'

test('every line that a killed process had acknowledged is carried exactly once, in ten kills', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-spool-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const ids = new Set<string>()
  // Takes each entry once, as every shared ledger does.
  const store: LedgerStore = {
    keep: async (lines) => {
      for (const line of lines) ids.add(parseLedgerLine(line).entry_id)
      return 'kept'
    },
  }
  let first = 0
  for (let kill = 1; kill <= 10; kill += 1) {
    const child = runProcess('append-forever.ts', dir, `${first}`)
    await child.hasWritten(200 * kill)
    await child.kill()
    const acknowledged = child.lines.length
    const spool = openSpool({ dir, store, holdFile, log: SILENT })
    await spool.flushNow()
    await spool.close()
    const kept = ids.size - first
    // The last line may be kept with its word unsaid.
    expect([acknowledged, acknowledged + 1]).toContain(kept)
    first += kept
  }
  expect(readdirSync(dir)).toEqual([])
})
