import type { ColumnType, Generated } from 'kysely'
import type { EpochMs, KeyDigest, TeamId, UserId, EndUserId, EntryId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { LedgerRow } from '../../domain/ledger-line.ts'

/** Read as epoch milliseconds by both drivers (`column-types.ts`), written as ISO text. */
type Timestamp = ColumnType<EpochMs, string, string>
type NullableTimestamp = ColumnType<EpochMs | null, string | null, string | null>
/** Read as a value, written as JSON text. */
type Json<Value> = ColumnType<Value, string, string>

export interface VirtualKeyTable {
  digest: KeyDigest
  display_name: string
  alias: string | null
  user_id: UserId | null
  models: readonly string[]
  model_aliases: Json<Readonly<Record<string, string>>>
  allowed_routes: readonly string[]
  enforced_params: readonly string[]
  tags: readonly string[]
  metadata: Json<JsonObject>
  blocked: boolean
  expires_at: NullableTimestamp
  created_at: Timestamp
  created_by: string
  updated_at: Timestamp
  updated_by: string
  rotation_count: number
  last_rotated_at: NullableTimestamp
}

interface RetiredKeyDigestTable {
  digest: KeyDigest
  successor: KeyDigest
  grace_ends_at: NullableTimestamp
}

interface DeletedKeyTable {
  id: Generated<bigint>
  digest: KeyDigest
  snapshot: JsonObject
  deleted_at: Timestamp
  deleted_by: string
}

interface LedgerEntryTable {
  entry_id: EntryId
  at: Timestamp
  payer_kind: LedgerRow['payer_kind']
  key_digest: KeyDigest | null
  user_id: UserId | null
  team_id: TeamId | null
  end_user_id: EndUserId | null
  request_id: string
  amount_pico: bigint
  model_group: string
  status: LedgerRow['status']
  prompt_tokens: ColumnType<bigint, number, never>
  completion_tokens: ColumnType<bigint, number, never>
  /** The JSON text of a `LedgerDetail`. */
  detail: string
}

interface KeySpendTable {
  key_digest: KeyDigest
  /** `numeric` comes as decimal digits. */
  total_pico: string
}

interface InstallationTable {
  singleton: Generated<boolean>
  id: string
  created_at: Timestamp
  signing_secret: Uint8Array
  master_key_digest: string | null
}

export interface MigrationTable {
  number: number
  name: string
  sha256: string
  applied_at: Timestamp
}

export interface Database {
  virtual_key: VirtualKeyTable
  retired_key_digest: RetiredKeyDigestTable
  deleted_key: DeletedKeyTable
  ledger_entry: LedgerEntryTable
  key_spend: KeySpendTable
  installation: InstallationTable
  schema_migration: MigrationTable
}
