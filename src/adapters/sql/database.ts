import type { ColumnType, Generated } from 'kysely'
import type { Json, NullableTimestamp, Timestamp } from './column-types.ts'
import type {
  BudgetId,
  DeploymentId,
  EndUserId,
  EntryId,
  HoldId,
  KeyDigest,
  OrganizationId,
  TeamId,
  UserId,
} from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { LedgerRow } from '../../domain/ledger-line.ts'
import type { Blocker } from '../../domain/role.ts'
import type { LimitColumns } from './rows/limit-columns.ts'

export interface VirtualKeyTable extends LimitColumns {
  digest: KeyDigest
  display_name: string
  alias: string | null
  user_id: UserId | null
  team_id: TeamId | null
  organization_id: OrganizationId | null
  needs_membership: boolean
  models: readonly string[]
  model_aliases: Json<Readonly<Record<string, string>>>
  allowed_routes: readonly string[]
  allowed_passthrough_routes: readonly string[]
  enforced_params: readonly string[]
  tags: readonly string[]
  metadata: Json<JsonObject>
  inert: Json<JsonObject>
  access_group_ids: readonly string[]
  budget_id: BudgetId | null
  temp_budget_increase_pico: string | null
  temp_budget_expires_at: NullableTimestamp
  blocked: boolean
  blocked_by_role: Blocker | null
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
  organization_id: OrganizationId | null
  end_user_id: EndUserId | null
  request_id: string
  amount_pico: bigint
  model_group: string
  status: LedgerRow['status']
  prompt_tokens: ColumnType<bigint, number, never>
  completion_tokens: ColumnType<bigint, number, never>
  call_type: LedgerRow['call_type']
  ended_at: Timestamp
  upstream_model: string
  provider: string
  http_status: number
  key_alias: string | null
  deployment_id: DeploymentId | null
  session_id: string | null
  error_class: string | null
  cached_input_tokens: bigint | null
  cache_write_input_tokens: bigint | null
  /** The JSON text of a `LedgerDetail`. */
  detail: string
  hold_id: HoldId | null
  counted_at: NullableTimestamp
}

interface SpendTotalTable {
  kind: 'all' | 'key' | 'user' | 'team' | 'member' | 'organization' | 'end_user' | 'tag'
  id: string
  /** `numeric` comes as decimal digits. */
  total_pico: string
  forgiven_pico: Generated<string>
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
  spend_total: SpendTotalTable
  installation: InstallationTable
  schema_migration: MigrationTable
}
