import { digestOf } from '../../authority/support/caller.ts'
import { join, newKey, newTeam, newUser } from '../../jwt/support/people.ts'
import type { Town } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import type { Denial } from './denial.ts'
import type { ExplainAsk } from './explain-of.ts'
import type { Random } from './random.ts'

/** By what somebody is asked about, and what they call with. */
export interface Who {
  readonly named: Pick<ExplainAsk, 'key' | 'user_id' | 'team_id'>
  readonly holder: string | undefined
}

/** Named in full or by its hash. */
export function theKey(key: string, random: Random): Who {
  return { named: { key: random.next() < 0.7 ? key : digestOf(key) }, holder: key }
}

/** Named by a key of theirs, or by their id. */
export async function theUser(town: Town, random: Random, user: string, team?: string): Promise<Who> {
  const key = await newKey(town, { user_id: user, ...inTeam(team) })
  if (random.next() < 0.6) return theKey(key, random)
  return { named: { user_id: user, ...inTeam(team) }, holder: key }
}

/** Of whom nobody can hold a key. */
export function nobody(user: string, team?: string): Who {
  return { named: { user_id: user, ...inTeam(team) }, holder: undefined }
}

export function denied(
  { named, holder }: Who,
  call: Omit<ExplainAsk, keyof Who['named']>,
  step: string,
  reason: string,
): Denial {
  return { ask: { ...named, ...call }, step, reason, holder }
}

/** A user in a team of theirs. */
export async function newMember(town: Town, team: object = {}, more: object = {}): Promise<readonly [string, string]> {
  const user = await newUser(town)
  const id = await newTeam(town, team)
  await join(town, id, user, more)
  return [user, id]
}

export async function newCustomer(town: Town, fields: object): Promise<string> {
  const customer = fresh('customer')
  const { status, text } = await town.master.post('/customer/new', { user_id: customer, ...fields })
  if (status !== 200) throw new Error(text)
  return customer
}

function inTeam(team: string | undefined): object {
  return team === undefined ? {} : { team_id: team }
}
