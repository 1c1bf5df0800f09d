import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { EMPTY, createDatabase } from '../../support/stores.ts'
import { CHAT, chat, reach } from './support/rig.ts'

const STORES = {
  embedded: async () => ({}),
  PostgreSQL: async () => {
    const database = await createDatabase(EMPTY)
    onTestFinished(() => database.drop())
    return { databaseUrl: database.url }
  },
}

test.each(['embedded', 'PostgreSQL'] as const)(
  'keys, their spend and their lines are there after a restart (%s)',
  async (store) => {
    const home = mkdtempSync(join(tmpdir(), 'latchkey-restart-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const options = { ...(await STORES[store]()), dataDir: join(home, 'data') }

    const before = await startGateway(options)
    const key = await reach(before).newKey({ key_alias: 'kept' })
    expect((await reach(before).post(CHAT, chat('demo'), { key })).status).toBe(200)
    expect(await before.stop()).toBe(0)

    const after = await startGateway(options)
    onTestFinished(async () => void (await after.stop()))
    expect((await reach(after).post(CHAT, chat('demo'), { key })).status).toBe(200)
    const { text } = await reach(after).get('/spend/logs', { key })
    expect(JSON.parse(text)).toHaveLength(2)
  },
)
