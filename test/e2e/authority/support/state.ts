import type { Caller, Json } from './caller.ts'
import { good } from './caller.ts'

/** What moves by itself: time stamps of use, and money. */
const RESTLESS = new Set([
  'spend',
  'total_spend',
  'model_spend',
  'last_active',
  'last_used',
  'last_used_at',
  'key_count',
])
const PAGE = 100

/** Everything that the management lists show, in an order that does not depend on them. */
export async function stateOf(master: Caller): Promise<string> {
  const lists = {
    keys: await pages(master, '/key/list?return_full_object=true&size=', 'page', 'keys', 'total_pages'),
    users: await pages(master, '/user/list?page_size=', 'page', 'users', 'total_pages'),
    teams: listed(good(await master.get('/team/list'))),
    organisations: listed(good(await master.get('/organization/list'))),
    budgets: listed(good(await master.get('/budget/list'))),
    customers: listed(good(await master.get('/customer/list'))),
    tags: listed(good(await master.get('/tag/list'))),
    mappings: await pages(master, '/jwt/key/mapping/list?size=', 'page', 'mappings', 'total_pages'),
    models: listed(good(await master.get('/model/info'))['data']),
    credentials: listed(good(await master.get('/credentials'))['credentials']),
  }
  return JSON.stringify(lists, undefined, 1)
}

async function pages(master: Caller, path: string, page: string, member: string, total: string): Promise<unknown> {
  const rows: unknown[] = []
  for (let at = 1, last = 1; at <= last; at += 1) {
    const answer: Json = good(await master.get(`${path}${PAGE}&${page}=${at}`))
    const found = answer[member]
    if (!Array.isArray(found)) throw new Error(`no ${member} in ${JSON.stringify(answer).slice(0, 300)}`)
    rows.push(...found)
    last = Number(answer[total])
  }
  return listed(rows)
}

function listed(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value).slice(0, 300)}`)
  return value.map(settled).toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
}

/** Members in one order, inner lists too, without what is restless. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return listed(value)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name]) => !RESTLESS.has(name))
  return Object.fromEntries(
    members.toSorted(([a], [b]) => compare(a, b)).map(([name, inner]) => [name, settled(inner)]),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

export async function keyRow(master: Caller, hash: string): Promise<Json> {
  return rowOf(await master.get(`/key/info?key=${hash}`), 'info')
}

export async function userRow(master: Caller, id: string): Promise<Json> {
  return rowOf(await master.get(`/user/info?user_id=${encodeURIComponent(id)}`), 'user_info')
}

export async function teamRow(master: Caller, id: string): Promise<Json> {
  return rowOf(await master.get(`/team/info?team_id=${encodeURIComponent(id)}`), 'team_info')
}

function rowOf(answer: Parameters<typeof good>[0], member: string): Json {
  const row = good(answer)[member]
  if (typeof row !== 'object' || row === null) throw new Error(`no ${member} in ${answer.text.slice(0, 300)}`)
  return { ...row }
}
