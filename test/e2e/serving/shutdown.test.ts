import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MASTER_KEY, bearer, mockModel, startGateway } from '../../support/gateway.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { chunksOf, framesOf, wordsIn } from './support/frames.ts'
import { CHAT, chat, reach } from './support/rig.ts'

let mock: MockUpstream
let database: Awaited<ReturnType<typeof createDatabase>>
let options: GatewayOptions
let home: string

beforeEach(async () => {
  mock = await startMockUpstream()
  database = await createDatabase()
  home = mkdtempSync(join(tmpdir(), 'latchkey-shutdown-'))
  options = {
    databaseUrl: database.url,
    dataDir: join(home, 'data'),
    config: { model_list: [mockModel('slow', mock.apiBase)] },
  }
})

afterEach(async () => {
  await mock.close()
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

test('F-22: SIGTERM lets a running stream end whole, takes no new calls, and its charge is in the books', async () => {
  mock.script('slow', { words: 30, gapMs: 30 })
  const gateway = await startGateway(options)
  // Neither ends it, and the second opens no debugger.
  for (const signal of ['SIGHUP', 'SIGUSR1']) process.kill(gateway.pid, signal)
  const ask = { method: 'POST', headers: bearer(MASTER_KEY), body: JSON.stringify(chat('slow', { stream: true })) }
  const response = await fetch(gateway.url + CHAT, ask)
  const stopped = gateway.stop()
  // As when all of a group are told, and one of them passes it on.
  process.kill(gateway.pid, 'SIGTERM')

  await vi.waitFor(() => expect(fetch(gateway.url + CHAT, ask)).rejects.toThrow('fetch failed'), {
    timeout: 2_000,
    interval: 20,
  })
  process.kill(gateway.pid, 'SIGTERM')
  const text = await response.text()
  expect(framesOf(text).at(-1)).toBe('[DONE]')
  expect(wordsIn(text)).toHaveLength(30)
  expect(await stopped).toBe(0)
  expect(gateway.stderr()).not.toContain('Debugger')

  const again = await startGateway(options)
  const lines = await reach(again).linesOf(chunksOf(text)[0]?.id ?? '')
  expect(lines).toMatchObject([{ status: 'success', completion_tokens: 30, metadata: { cut_short: false } }])
  expect(await again.stop()).toBe(0)
})

test('an idle gateway stops at once, with idle connections open', async () => {
  const gateway = await startGateway(options)
  await reach(gateway).get('/health/liveliness')
  const before = performance.now()
  expect(await gateway.stop()).toBe(0)
  expect(performance.now() - before).toBeLessThan(3_000)
})
