import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import type { ChangeLine, OpenChangeLine } from './change-feed.ts'
import type { Database } from './database.ts'
import type { PgliteClient } from './pglite-client.ts'

const CHANGES = 'latchkey_changes'
const LINE_TIMEOUT_MS = 2_000

/** A connection of its own. Behind a pooler that moves it between sessions no beat is heard, and so nothing is trusted. */
export function serverLine(connectionString: string): OpenChangeLine {
  return async (ears) => {
    const client = new pg.Client({
      connectionString,
      application_name: 'latchkey (changes)',
      connectionTimeoutMillis: LINE_TIMEOUT_MS,
      query_timeout: LINE_TIMEOUT_MS,
      keepAlive: true,
    })
    const beats = `latchkey_beat_${randomBytes(8).toString('hex')}`
    client.on('error', () => ears.lost())
    client.on('end', () => ears.lost())
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === beats) ears.heardBeat(payload)
      else ears.changed(payload)
    })
    try {
      await client.connect()
      await client.query(`listen ${CHANGES}`)
      await client.query(`listen ${beats}`)
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    return {
      beat: async (payload) => {
        await client.query('select pg_notify($1, $2)', [beats, payload])
      },
      close: () => client.end(),
    }
  }
}

/**
 * The embedded database has one session, which tells what was committed before it answers the next question. So any answer
 * is a beat; a notification would be a commit, and a write to the disk, two and a half times a second for nothing.
 */
export function embeddedLine(client: PgliteClient, db: Kysely<Database>): OpenChangeLine {
  return async (ears): Promise<ChangeLine> => {
    await client.listen(CHANGES, ears.changed)
    return {
      beat: async (payload) => {
        await sql`select 1`.execute(db)
        ears.heardBeat(payload)
      },
      close: async () => {},
    }
  }
}
