import pg from 'pg'
import { faultOf } from './database-error.ts'

const LOOK_EVERY_MS = 250
/** Longer than anything that a request usually waits for. */
const LONG_MS = 1_000
const ANSWER_WITHIN_MS = 2_000
const SQL_STATE = /^[0-9A-Z]{5}$/

/**
 * How long a statement may take is for the server to say, and one that has gone silent says nothing more. So while a
 * connection is out for long, the server is asked on another one whether it is there; if it does not answer, everybody who
 * waits for it is told.
 */
export function endSilence(pool: pg.Pool, config: pg.ClientConfig): void {
  const outSince = new Map<object, number>()
  let isAsking = false

  async function look(): Promise<void> {
    const longOut = (): pg.Client[] =>
      [...outSince].flatMap(([client, since]) =>
        client instanceof pg.Client && performance.now() - since >= LONG_MS ? [client] : [],
      )
    if (isAsking || longOut().length === 0) return
    isAsking = true
    const waiting = longOut()
    const answers = await isThere(config)
    isAsking = false
    if (answers) return
    const stillOut = new Set(longOut())
    // With a query under way, this ends the connection at once.
    for (const client of waiting.filter((each) => stillOut.has(each))) void client.end().catch(() => undefined)
  }

  pool.on('acquire', (client) => outSince.set(client, performance.now()))
  pool.on('release', (_error, client) => outSince.delete(client))
  pool.on('remove', (client) => outSince.delete(client))
  const timer = setInterval(() => {
    if (pool.ended) clearInterval(timer)
    else void look()
  }, LOOK_EVERY_MS)
  timer.unref()
}

async function isThere(config: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({
    ...config,
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch (error) {
    // A refusal is an answer too.
    return SQL_STATE.test(faultOf(error).code ?? '')
  } finally {
    void client.end().catch(() => undefined)
  }
}
