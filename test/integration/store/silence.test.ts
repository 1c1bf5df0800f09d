import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../../src/adapters/sql/open-store.ts'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { holdFile } from '../../../src/adapters/system/hold-file.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { createDatabase, EMPTY, REAL_CLOCK, SILENT } from '../../support/stores.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let line: Line
let store: Store

beforeAll(async () => {
  database = await createDatabase(EMPTY)
  line = await openLine(new URL(database.url))
  const own = { poolSize: 3, dataDir: 'unused', clock: REAL_CLOCK, log: SILENT, holdFile }
  store = await openStore({ ...own, databaseUrl: new Secret(line.url) })
})

afterAll(async () => {
  await store.close()
  line.close()
  await database.drop()
})

test('F-02: a server that goes silent keeps nobody waiting for more than five seconds, and is found again', async () => {
  await Promise.all([store.ping(), store.ping(), store.ping()])
  line.isSilent = true
  const began = performance.now()
  // More than there are connections.
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => store.ping()))
  expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'))
  expect(performance.now() - began).toBeLessThan(5_000)

  line.isSilent = false
  await expect.poll(() => store.ping().then(() => 'there'), { timeout: 9_000 }).toBe('there')
})

test('a statement that takes long is left to the server that is there', async () => {
  const { rows } = await sql<{ slept: number }>`select 1 as slept from pg_sleep(3.5)`.execute(store.db)
  expect(rows).toEqual([{ slept: 1 }])
})

interface Line {
  readonly url: string
  isSilent: boolean
  close(): void
}

/** A way to the server on which everything gets lost while it is silent. */
async function openLine(server: URL): Promise<Line> {
  const ends = new Set<Socket>()
  const listener = createServer((near) => {
    const far = connect(Number(server.port), server.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from)
      from.on('data', (bytes) => line.isSilent || to.write(bytes))
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const url = new URL(server)
  url.port = String(typeof address === 'object' ? address?.port : '')
  const line: Line = {
    url: url.href,
    isSilent: false,
    close: () => {
      listener.close()
      for (const end of ends) end.destroy()
    },
  }
  return line
}
