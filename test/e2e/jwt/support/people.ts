import { good, textAt } from '../../authority/support/caller.ts'
import type { Town } from './town.ts'
import { fresh } from './town.ts'

type Managed = Pick<Town, 'master'>

export async function newUser(town: Managed, fields: object = {}): Promise<string> {
  const body = { user_id: fresh('user'), user_role: 'internal_user', auto_create_key: false, ...fields }
  return textAt(good(await town.master.post('/user/new', body)), 'user_id')
}

export async function newTeam(town: Managed, fields: object = {}): Promise<string> {
  const body = { team_id: fresh('team'), ...fields }
  return textAt(good(await town.master.post('/team/new', body)), 'team_id')
}

export async function newOrganization(town: Managed, fields: object = {}): Promise<string> {
  const id = fresh('org')
  const body = { organization_id: id, organization_alias: id, ...fields }
  return textAt(good(await town.master.post('/organization/new', body)), 'organization_id')
}

export async function join(town: Managed, team: string, user: string, more: object = {}): Promise<void> {
  good(await town.master.post('/team/member_add', { team_id: team, member: { role: 'user', user_id: user }, ...more }))
}

export async function newKey(town: Managed, fields: object): Promise<string> {
  return textAt(good(await town.master.post('/key/generate', fields)), 'key')
}

export async function update(town: Managed, path: string, body: object): Promise<void> {
  good(await town.master.post(path, body))
}
