import { randomBytes, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { EpochMs } from '../../domain/ids.ts'
import { Secret } from '../../domain/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'

/** What is true of this installation as a whole, shared by its replicas. */
export interface Installation {
  readonly id: string
  readonly createdAt: EpochMs
  /** Hex. Signs ids that clients bring back (such as those of responses); opens nothing. */
  readonly signingSecret: Secret
  /** Of the generated master key; `undefined` while none was generated. */
  masterKeyDigest(): Promise<string | undefined>
  /** The first caller of all replicas wins; the others learn that one is `taken`. */
  claimMasterKeyDigest(digest: string): Promise<'claimed' | 'taken'>
  replaceMasterKeyDigest(digest: string): Promise<void>
}

const SIGNING_SECRET_BYTES = 32

/** Reads the installation's row, or makes it on the first start. */
export async function openInstallation(db: Kysely<Database>, clock: Clock): Promise<Installation> {
  await db
    .insertInto('installation')
    .values({
      id: randomUUID(),
      created_at: timestampText(clock.now()),
      signing_secret: randomBytes(SIGNING_SECRET_BYTES),
      master_key_digest: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await db
    .selectFrom('installation')
    .select(['id', 'created_at', 'signing_secret'])
    .executeTakeFirstOrThrow()

  return {
    id: row.id,
    createdAt: row.created_at,
    signingSecret: new Secret(Buffer.from(row.signing_secret).toString('hex')),
    async masterKeyDigest() {
      const { master_key_digest } = await db
        .selectFrom('installation')
        .select('master_key_digest')
        .executeTakeFirstOrThrow()
      return master_key_digest ?? undefined
    },
    async claimMasterKeyDigest(digest) {
      const { numUpdatedRows } = await db
        .updateTable('installation')
        .set({ master_key_digest: digest })
        .where('master_key_digest', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n ? 'claimed' : 'taken'
    },
    async replaceMasterKeyDigest(digest) {
      await db.updateTable('installation').set({ master_key_digest: digest }).execute()
    },
  }
}
