import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { KeyDigest, UserId } from '../../../domain/ids.ts'
import { storableText } from '../../../domain/storable-text.ts'
import { ORGANIZATION_ROLES, TEAM_ROLES, joinedMembership } from './joined-membership.ts'
import { touchUser } from './touch-user.ts'
import type { Place } from './sql-rows.ts'

interface Parted {
  readonly survivor_id: UserId
  readonly duplicate_id: UserId
}

const GROUPS = [
  { table: 'team_member', group: 'team_id', theirs: 'teams', mine: 'survivorTeams', roles: TEAM_ROLES },
  {
    table: 'organization_member',
    group: 'organization_id',
    theirs: 'organizations',
    mine: 'survivorOrganizations',
    roles: ORGANIZATION_ROLES,
  },
] as const

/** What a merge takes over where the survivor has nothing of the kind. */
const TAKEN_OVER = [
  'email',
  'sso_user_id',
  'blocked',
  'blocked_by_role',
  'metadata',
  'max_budget_pico',
  'soft_budget_pico',
  'budget_duration',
  'budget_anchor_at',
  'tpm_limit',
  'rpm_limit',
  'max_parallel_requests',
  'model_limits',
] as const

/** What a row of limits limits. */
const BUDGET_LIMITS = [
  'max_budget_pico',
  'soft_budget_pico',
  'budget_duration',
  'tpm_limit',
  'rpm_limit',
  'max_parallel_requests',
  'model_limits',
  'allowed_models',
] as const

/**
 * The rows of before, as far as nobody has done anything else with them since. Lines of the duplicate's id are its own
 * again, also those that were written after the merge.
 */
export async function undoMerge(place: Place, id: string, by: string): Promise<'undone' | 'entangled'> {
  const { db } = place
  const { rows } = await sql<Parted>`
    select m.survivor_id, m.duplicate_id from latchkey.user_merge m
    join latchkey.user_account u on u.user_id = m.survivor_id
    join latchkey.former_user f on f.user_id = m.duplicate_id and f.survivor_id = m.survivor_id
    where m.merge_id = ${id} and m.undone_at is null for update of u, f`.execute(db)
  const [parted] = rows
  if (parted === undefined) return 'entangled'
  const both = [parted.survivor_id, parted.duplicate_id]
  await sql`select latchkey.hold_ledger()`.execute(db)
  await touchUser(place, both)

  await restoreSurvivor(place, id)
  await restoreDuplicate(place, id, parted.duplicate_id)
  await giveBack(place, id, parted)
  for (const group of GROUPS) await partMemberships(place, id, parted, group)
  await dropUnusedBudgets(place, id)
  await sql`update latchkey.user_merge set undone_at = clock_timestamp(), undone_by = ${storableText(by)}
    where merge_id = ${id}`.execute(db)
  await sql`select latchkey.recount_users(${both}::text[])`.execute(db)
  await touchUser(place, both)
  return 'undone'
}

/** Only what the merge changed, and what has not been changed again since. */
async function restoreSurvivor({ db }: Place, id: string): Promise<void> {
  const columns = sql.join(TAKEN_OVER.map((name) => sql.ref(name)))
  const restored = sql.join(TAKEN_OVER.map((name) => sql`was.${sql.ref(name)}`))
  await sql`
    update latchkey.user_account u set (${columns}) = (
      select ${restored} from jsonb_populate_record(u, (
        select coalesce(jsonb_object_agg(name, m.snapshot -> 'survivor' -> name), '{}') from unnest(${[...TAKEN_OVER]}::text[]) name
        where to_jsonb(u) -> name = m.snapshot -> 'became' -> name)) was)
    from latchkey.user_merge m where m.merge_id = ${id} and u.user_id = m.survivor_id`.execute(db)
}

async function restoreDuplicate({ db }: Place, id: string, duplicate: UserId): Promise<void> {
  await sql`delete from latchkey.former_user where user_id = ${duplicate}`.execute(db)
  await sql`
    insert into latchkey.user_account
    select row.* from latchkey.user_merge m, jsonb_populate_record(null::latchkey.user_account,
      m.snapshot -> 'duplicate' || case
        when exists (select from latchkey.user_account o where o.sso_user_id = m.snapshot -> 'duplicate' ->> 'sso_user_id')
        then '{"sso_user_id": null}' else '{}' end::jsonb) row
    where m.merge_id = ${id}`.execute(db)
  await sql`
    insert into latchkey.budget
    select row.* from latchkey.user_merge m, jsonb_array_elements(m.snapshot -> 'budgets') as was (entry),
      jsonb_populate_record(null::latchkey.budget, was.entry
        || jsonb_build_object('budget_id', ${partedBudget(id, sql`(was.entry ->> 'budget_id')`)})) row
    where m.merge_id = ${id} on conflict do nothing`.execute(db)
}

/** Where the survivor's limits were changed since, the row is the survivor's, and the duplicate has a new one. */
function partedBudget(id: string, budgetId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when exists (
      select from latchkey.user_merge made, jsonb_array_elements(made.snapshot -> 'budgets') as kept (entry),
        latchkey.budget present
      where made.merge_id = ${id} and kept.entry ->> 'budget_id' = present.budget_id and present.budget_id = ${budgetId}
        and exists (select from unnest(${[...BUDGET_LIMITS]}::text[]) name
          where to_jsonb(present) -> name is distinct from kept.entry -> name))
    then ${copyOf(id, budgetId)} else ${budgetId} end`
}

function copyOf(id: string, budgetId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`md5(${id}::text || ${budgetId})::uuid::text`
}

async function dropUnusedBudgets({ db }: Place, id: string): Promise<void> {
  await sql`
    delete from latchkey.budget b using latchkey.user_merge m, jsonb_array_elements(m.snapshot -> 'budgets') as was (entry)
    where m.merge_id = ${id} and b.is_own
      and b.budget_id in (was.entry ->> 'budget_id', ${copyOf(id, sql`(was.entry ->> 'budget_id')`)})
      and not exists (select from latchkey.team_member where budget_id = b.budget_id)
      and not exists (select from latchkey.organization_member where budget_id = b.budget_id)`.execute(db)
}

async function giveBack({ db, touched }: Place, id: string, { survivor_id, duplicate_id }: Parted): Promise<void> {
  const named = (member: string) => sql`(select jsonb_array_elements_text(snapshot -> ${sql.lit(member)})
    from latchkey.user_merge where merge_id = ${id})`
  // A key that was rotated since is the same key.
  const keys = await sql<{ digest: KeyDigest }>`
    update latchkey.virtual_key set user_id = ${duplicate_id} where user_id = ${survivor_id} and (digest in ${named('keys')}
      or digest in (select successor from latchkey.retired_key_digest where digest in ${named('keys')}))
    returning digest`.execute(db)
  for (const { digest } of keys.rows) touched.tell('key', digest)
  await sql`update latchkey.invitation set user_id = ${duplicate_id}
    where user_id = ${survivor_id} and invitation_id in ${named('invitations')}`.execute(db)
  await sql`update latchkey.former_user set survivor_id = ${duplicate_id}
    where survivor_id = ${survivor_id} and user_id in ${named('aliases')}`.execute(db)
  await sql`
    update latchkey.user_identity i set user_id = ${duplicate_id}
    from latchkey.user_merge m, jsonb_to_recordset(m.snapshot -> 'identities') as was (issuer text, subject text)
    where m.merge_id = ${id} and i.user_id = ${survivor_id} and i.issuer = was.issuer and i.subject = was.subject`.execute(
    db,
  )
}

/** A membership that was ended since stays ended, for both; and what somebody made of it since stays so. */
async function partMemberships(
  { db }: Place,
  id: string,
  { survivor_id, duplicate_id }: Parted,
  names: (typeof GROUPS)[number],
): Promise<void> {
  const table = sql.table(`latchkey.${names.table}`)
  const group = sql.ref(names.group)
  const joined = joinedMembership(names.roles)
  const records = (of: string) => sql`(select row.* from latchkey.user_merge m,
    jsonb_populate_recordset(null::${table}, m.snapshot -> ${sql.lit(of)}) row where m.merge_id = ${id})`
  await sql`
    insert into ${table} select row.* from ${records(names.theirs)} theirs
    cross join jsonb_populate_record(null::${table}, to_jsonb(theirs) || jsonb_build_object('budget_id', (
      select b.budget_id from latchkey.budget b where b.budget_id = ${partedBudget(id, sql`theirs.budget_id`)}))) row
    join ${records(names.mine)} mine on mine.${group} = theirs.${group}
    where exists (select from ${table} now where now.user_id = ${survivor_id} and now.${group} = theirs.${group})
    on conflict do nothing`.execute(db)
  await sql`
    update ${table} now set
      role = case when now.role = ${joined.role} then mine.role else now.role end,
      budget_id = case
        when now.budget_id = ${joined.budgetId} and now.budget_id = ${partedBudget(id, sql`now.budget_id`)}
        then mine.budget_id
        else now.budget_id end,
      source = case when now.source = ${joined.source} then mine.source else now.source end
    from ${records(names.mine)} mine join ${records(names.theirs)} theirs on theirs.${group} = mine.${group}
    where now.user_id = ${survivor_id} and now.${group} = mine.${group}`.execute(db)
  await sql`
    update ${table} now set user_id = ${duplicate_id} from ${records(names.theirs)} theirs
    where now.user_id = ${survivor_id} and now.${group} = theirs.${group}
      and not exists (select from ${records(names.mine)} mine where mine.${group} = theirs.${group})`.execute(db)
}
