import type { Json } from '../../authority/support/caller.ts'
import { good, goodList } from '../../authority/support/caller.ts'
import { valueAt } from '../../hostile/support/stand.ts'
import { rosterOf, userRow } from '../../jwt/support/asks.ts'
import { eventually } from '../../jwt/support/town.ts'
import type { Gate } from './site.ts'

type Seen = Pick<Gate, 'master'>

/** All that the gateway tells about somebody under one id. */
export interface Trail {
  readonly row: Json | undefined
  /** Of `/user/info`, in dollars. */
  readonly spend: number
  /** Ids of the calls in `/spend/logs`. */
  readonly calls: readonly string[]
  /** Aliases of the keys in `/key/list`. */
  readonly keys: readonly string[]
  /** `action table object` of each record in `/audit` that this id is the actor of, refusals aside. */
  readonly acts: readonly string[]
  /** `issuer subject`, as `/user/identities` has them. */
  readonly identities: readonly string[]
}

export async function trailOf({ master }: Seen, id: string): Promise<Trail> {
  const name = encodeURIComponent(id)
  const row = await userRow({ master }, id)
  const lines = goodList(await master.get(`/spend/logs?user_id=${name}`))
  const keys = listAt(good(await master.get(`/key/list?user_id=${name}&return_full_object=true&size=100`)), 'keys')
  const records = listAt(good(await master.get(`/audit?page_size=100&changed_by=${name}&sort_order=asc`)), 'audit_logs')
  const done = records.filter((record) => record['outcome'] === 'done' && record['actor'] === id)
  return {
    row,
    spend: Number(row?.['spend'] ?? 0),
    calls: lines.map((line) => String(line['request_id'])).toSorted(),
    keys: keys.map((key) => String(key['key_alias'])).toSorted(),
    acts: done.map((record) => `${String(record['action'])} ${String(record['table_name'])}`),
    identities: row === undefined ? [] : await identitiesOf({ master }, id),
  }
}

export async function identitiesOf({ master }: Seen, id: string): Promise<readonly string[]> {
  const { identities } = good(await master.get(`/user/identities?user_id=${encodeURIComponent(id)}`))
  return listAt({ identities }, 'identities').map(({ issuer, subject }) => `${String(issuer)} ${String(subject)}`)
}

/** Nobody: no row, no spend, no key, no deed under this name. */
export const NOBODY: Trail = { row: undefined, spend: 0, calls: [], keys: [], acts: [], identities: [] }

/** The records about an object, oldest first. */
export async function recordsOf({ master }: Seen, objectId: string): Promise<readonly Json[]> {
  const path = `/audit?page_size=100&object_id=${encodeURIComponent(objectId)}&sort_by=updated_at&sort_order=asc`
  return listAt(good(await master.get(path)), 'audit_logs')
}

/** Of one who is in the roster once, with what `/team/info` says that was spent as a member. */
export async function memberOf({ master }: Seen, team: string, user: string): Promise<Json> {
  const info = good(await master.get(`/team/info?team_id=${encodeURIComponent(team)}`))
  const [one, ...more] = listAt(info, 'team_memberships').filter((each) => each['user_id'] === user)
  if (one === undefined || more.length > 0) throw new Error(`${more.length + (one ? 1 : 0)} memberships of ${user}`)
  return one
}

/** What a user has spent, once the ledger says that it is this much. */
export async function spent(gate: Seen, id: string, dollars: number): Promise<void> {
  await eventually(async () => {
    const row = await userRow(gate, id)
    const now = Number(row?.['spend'])
    if (Math.abs(now - dollars) > 1e-12) throw new Error(`${id} has spent ${now}, not ${dollars}`)
  })
}

export { rosterOf, userRow }

export function listAt(value: Json, name: string): readonly Json[] {
  const list = valueAt(value, [name])
  if (!Array.isArray(list)) throw new Error(`no ${name} in ${JSON.stringify(value).slice(0, 300)}`)
  return list
}
