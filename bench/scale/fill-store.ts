import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Store } from '../../src/adapters/sql/open-store.ts'

export interface ScaleSize {
  readonly keys: number
  readonly users: number
  readonly teams: number
  readonly organizations: number
  readonly customers: number
  readonly lines: number
  readonly records: number
}

export const SMALL: ScaleSize = {
  keys: 10,
  users: 10,
  teams: 10,
  organizations: 1,
  customers: 1,
  lines: 10,
  records: 10,
}

export const LARGE: ScaleSize = {
  keys: 100_000,
  users: 10_000,
  teams: 1_000,
  organizations: 50,
  customers: 1_000,
  lines: 200_000,
  records: 20_000,
}

/** Every tenth key has a budget, and so have its user, its team and its membership; the others fall under none. */
export const BUDGETED = 9
/** Keys of a user come one `users` after the other; of each ten the first six belong to teams. */
export const FIRST_PERSONAL = 6

/** The n-th key of a filled store. A salt, so that nobody finds these in a store that a bench left behind. */
export function secretOf(n: number, salt: string): string {
  return `sk-bench-${salt}-${String(n).padStart(8, '0')}`
}

export const newSalt = (): string => randomBytes(12).toString('hex')

const FILLED = [
  'virtual_key',
  'user_account',
  'team',
  'team_member',
  'organization',
  'organization_member',
  'budget',
  'end_user',
]

/** Rows as a company of that size has them, written by the hundred thousand and announced to nobody. */
export async function fillStore({ db }: Pick<Store, 'db'>, size: ScaleSize, salt: string): Promise<void> {
  const run = async (text: string): Promise<void> => void (await sql.raw(text).execute(db))
  await db.transaction().execute(async (change) => {
    const write = async (text: string): Promise<void> => void (await sql.raw(text).execute(change))
    await write('set local statement_timeout = 0')
    for (const table of FILLED) await write(`alter table latchkey.${table} disable trigger user`)
    for (const statement of statementsOf(size, salt)) await write(statement)
    for (const table of FILLED) await write(`alter table latchkey.${table} enable trigger user`)
  })
  // A server would do so by itself, at some time; plans without statistics are not what is measured.
  await run('vacuum (analyze)')
}

const STAMPS = `timestamptz '2026-01-01' + n * interval '1 second', 'bench',
  timestamptz '2026-01-01' + n * interval '2 seconds', 'bench'`
const STAMP_COLUMNS = 'created_at, created_by, updated_at, updated_by'
const USD = '1000000000000'

function statementsOf(size: ScaleSize, salt: string): readonly string[] {
  const upTo = (count: number): string => `generate_series(0, ${count - 1}) as n`
  const isBudgeted = `n % 10 = ${BUDGETED}`
  const limit = `case when ${isBudgeted} then 100000 * ${USD} end`
  /** Of the last digit that the user has, so that those without budgets meet none. */
  const teamOf = (user: string, place: string): string => `'team-' || ((${user} + 70 * ${place}) % ${size.teams})`
  const user = `(n % ${size.users})`
  const place = `(n / ${size.users})`
  const digest = (n: string): string =>
    `encode(sha256(convert_to('sk-bench-${salt}-' || lpad((${n})::text, 8, '0'), 'UTF8')), 'hex')`
  const at = `timestamptz '2026-01-01' + n * (interval '30 days' / ${size.lines})`
  const total = (kind: string, id: string): string =>
    `insert into latchkey.spend_total (kind, id, total_pico)
      select '${kind}', ${id}, sum(amount_pico) from latchkey.ledger_entry where ${id} is not null group by 2
      on conflict (kind, id) do update set total_pico = excluded.total_pico`

  return [
    `insert into latchkey.budget (budget_id, is_own, max_budget_pico, allowed_models, ${STAMP_COLUMNS})
      select 'budget-org-' || n, true, null, '{}', ${STAMPS} from ${upTo(size.organizations)}`,
    `insert into latchkey.budget (budget_id, is_own, max_budget_pico, allowed_models, ${STAMP_COLUMNS})
      select 'budget-member-' || n, true, ${limit}, '{}', ${STAMPS} from ${upTo(size.users)} where ${isBudgeted}`,
    `insert into latchkey.organization (organization_id, alias, budget_id, models, metadata, ${STAMP_COLUMNS})
      select 'org-' || n, 'Organisation ' || n, 'budget-org-' || n, '{}', '{}', ${STAMPS} from ${upTo(size.organizations)}`,
    `insert into latchkey.team (team_id, alias, organization_id, models, model_aliases, metadata, tags, blocked,
        member_permissions, default_member_models, access_group_ids, max_budget_pico, ${STAMP_COLUMNS})
      select 'team-' || n, 'Team ' || md5(n::text), case when n % 5 = 4 then null else 'org-' || (n % ${size.organizations}) end,
        '{}', '{}', '{"cost_centre": "4711"}', '{}', false, '{}', '{}', '{}', ${limit}, ${STAMPS} from ${upTo(size.teams)}`,
    `insert into latchkey.user_account (user_id, email, alias, role, sso_user_id, blocked, models, metadata,
        max_budget_pico, ${STAMP_COLUMNS})
      select 'user-' || n, 'person.' || md5(n::text) || '@example.com', 'Person ' || n, 'internal_user', 'sub-' || n, false, '{}',
        '{"department": "engineering"}', ${limit}, ${STAMPS} from ${upTo(size.users)}`,
    `insert into latchkey.team_member (team_id, user_id, role, budget_id, created_at)
      select ${teamOf('n', 'place')}, 'user-' || n, case when place = 0 and n < ${size.teams} then 'admin' else 'user' end,
        case when place = 0 and ${isBudgeted} then 'budget-member-' || n end, timestamptz '2026-01-01' + n * interval '1 second'
      from ${upTo(size.users)}, generate_series(0, 2) as place on conflict do nothing`,
    `insert into latchkey.organization_member (organization_id, user_id, role, created_at, updated_at)
      select 'org-' || (n % ${size.organizations}), 'user-' || n, case when n < ${size.organizations} then 'org_admin' else 'internal_user' end,
        timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01' + n * interval '1 second'
      from ${upTo(size.users)}`,
    `insert into latchkey.end_user (end_user_id, alias, blocked, created_at, updated_at)
      select 'customer-' || n, 'Customer ' || n, false, timestamptz '2026-01-01', timestamptz '2026-01-01' from ${upTo(size.customers)}`,
    `insert into latchkey.virtual_key (digest, display_name, alias, user_id, team_id, needs_membership, models, model_aliases,
        allowed_routes, enforced_params, tags, metadata, blocked, max_budget_pico, rotation_count, ${STAMP_COLUMNS})
      select ${digest('n')}, 'sk-...' || lpad(n::text, 4, '0'), 'service ' || md5(n::text), 'user-' || ${user},
        case when ${place} % 10 < ${FIRST_PERSONAL} then ${teamOf(user, `(${place} % 3)`)} end, ${place} % 10 < ${FIRST_PERSONAL}, '{}', '{}',
        '{}', '{}', '{}', '{"purpose": "batch jobs of the night"}', false, ${limit}, 0, ${STAMPS} from ${upTo(size.keys)}`,
    `insert into latchkey.deleted_key (digest, snapshot, deleted_at, deleted_by)
      select md5(n::text) || md5(n::text), to_jsonb(k) || jsonb_build_object('digest', md5(n::text) || md5(n::text)),
        timestamptz '2026-02-01', 'bench'
      from ${upTo(Math.ceil(size.keys / 100))} join latchkey.virtual_key k on k.digest = ${digest('n')}`,
    `insert into latchkey.ledger_entry (entry_id, at, payer_kind, key_digest, user_id, team_id, organization_id, end_user_id,
        request_id, amount_pico, model_group, status, prompt_tokens, completion_tokens, detail, call_type, ended_at, upstream_model,
        provider, http_status, deployment_id)
      select gen_random_uuid(), ${at}, 'key', k.digest, k.user_id, k.team_id,
        (select organization_id from latchkey.team t where t.team_id = k.team_id),
        case when n % 4 = 0 then 'customer-' || (n % ${size.customers}) end, 'request-' || n, (n % 1000) * ${USD} / 100000,
        'bench-bench', case when n % 50 = 0 then 'failure' else 'success' end, n % 4000, n % 800,
        '{"callId":"call-' || n || '"}',
        'acompletion', ${at} + interval '1500 milliseconds', 'mock-bench', 'openai', 200, 'd'
      from ${upTo(size.lines)} join latchkey.virtual_key k on k.digest = ${digest(`n % ${size.keys}`)}`,
    total('all', `''`),
    total('key', 'key_digest'),
    total('user', 'user_id'),
    total('team', 'team_id'),
    total('organization', 'organization_id'),
    total('end_user', 'end_user_id'),
    total('member', `case when team_id is not null then json_build_array(team_id, user_id)::text end`),
    `insert into latchkey.key_spend (digest, spent_pico) select id, total_pico from latchkey.spend_total where kind = 'key'`,
    `insert into latchkey.audit_record (sequence, audit_id, at, actor, actor_role, actor_key, request_id, route, action, outcome,
        object_type, object_id, before_value, updated_values, previous_hash, hash)
      select n + 1, 'audit-' || n, timestamptz '2026-01-01' + n * interval '1 minute', 'user-' || ${user}, 'proxy_admin',
        ${digest(`n % ${size.keys}`)}, 'request-' || n, '/key/update', 'updated', 'done', 'LiteLLM_VerificationToken',
        ${digest(`n % ${size.keys}`)}, '{"models":[]}', '{"models":["bench-bench"]}', md5(n::text), md5((n + 1)::text)
      from ${upTo(size.records)}`,
    `update latchkey.audit_head set sequence = ${size.records}, hash = md5('${size.records}')`,
  ]
}
