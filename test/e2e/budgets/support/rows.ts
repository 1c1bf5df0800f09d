import pg from 'pg'

/** Everything of one statement's answer, by a connection of the test's own. */
export async function query(url: string, text: string): Promise<readonly Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, string>>(text)
    return rows
  } finally {
    await client.end()
  }
}

/** Dollars as the store counts them. */
export function pico(dollars: number): string {
  return (BigInt(Math.round(dollars * 1e9)) * 1000n).toString()
}

const STAMPS = "now(), 'test', now(), 'test'"

export function budgetRow(id: string, dollars: number, duration?: string): string {
  const window = duration === undefined ? 'null, null' : `'${duration}', now()`
  return `insert into latchkey.budget (budget_id, max_budget_pico, budget_duration, budget_anchor_at, created_at,
    created_by, updated_at, updated_by) values ('${id}', ${pico(dollars)}, ${window}, ${STAMPS});`
}

export function teamRow(id: string, more: { readonly budget?: number; readonly memberBudget?: string } = {}): string {
  const most = more.budget === undefined ? 'null' : pico(more.budget)
  const forMembers = more.memberBudget === undefined ? 'null' : `'${more.memberBudget}'`
  return `insert into latchkey.team (team_id, models, model_aliases, metadata, tags, blocked, member_permissions,
    default_member_models, access_group_ids, max_budget_pico, member_budget_id, created_at, created_by, updated_at,
    updated_by) values ('${id}', '{}', '{}', '{}', '{}', false, '{}', '{}', '{}', ${most}, ${forMembers}, ${STAMPS});`
}

export function userRow(id: string, dollars?: number): string {
  return `insert into latchkey.user_account (user_id, role, blocked, models, metadata, max_budget_pico, created_at,
    created_by, updated_at, updated_by) values ('${id}', 'internal_user', false, '{}', '{}',
    ${dollars === undefined ? 'null' : pico(dollars)}, ${STAMPS});`
}

export function memberRow(team: string, user: string, budget?: string): string {
  return `insert into latchkey.team_member (team_id, user_id, role, budget_id, created_at)
    values ('${team}', '${user}', 'user', ${budget === undefined ? 'null' : `'${budget}'`}, now());`
}

export function organizationRow(id: string, budget: string): string {
  return `insert into latchkey.organization (organization_id, alias, budget_id, models, metadata, created_at, created_by,
    updated_at, updated_by) values ('${id}', '${id}', '${budget}', '{}', '{}', ${STAMPS});`
}

export function customerRow(id: string, budget: string): string {
  return `insert into latchkey.end_user (end_user_id, blocked, budget_id, created_at, updated_at)
    values ('${id}', false, '${budget}', now(), now());`
}
