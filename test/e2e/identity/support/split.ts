import type { IdentityProvider } from '../../../support/identity-provider.ts'
import type { Caller, Json } from '../../authority/support/caller.ts'
import { good, textAt } from '../../authority/support/caller.ts'
import type { Account } from '../../jwt/support/asks.ts'
import { accountOf, read } from '../../jwt/support/asks.ts'
import { join, newKey, newTeam, newUser } from '../../jwt/support/people.ts'
import { fresh } from '../../jwt/support/town.ts'
import type { Gate } from './site.ts'
import { spent } from './trail.ts'

/** One person with two rows, as a directory has them where addresses were not believed for a while. */
export interface SplitPerson {
  readonly email: string
  readonly survivor: string
  /** Made by tokens that said the address, and nobody vouched for it. */
  readonly duplicate: string
  readonly keyOfSurvivor: Caller
  readonly keyOfDuplicate: Caller
  readonly token: Caller
  /** Both are members; `ofDuplicate` has the duplicate only, as its administrator. */
  readonly shared: string
  readonly ofDuplicate: string
  /** In dollars, under each of the two ids. */
  readonly spent: { readonly survivor: number; readonly duplicate: number; readonly inShared: number }
}

export async function splitPerson(gate: Gate, idp: IdentityProvider): Promise<SplitPerson> {
  const duplicate = fresh('ada-at-idp')
  const email = `${duplicate}@example.com`
  const survivor = await newUser(gate, { user_id: fresh('3f2a9c'), user_email: email })
  const claims = { sub: duplicate, email }
  const token = gate.holder(idp.token(claims))
  const keyOfSurvivor = gate.holder(await newKey(gate, { user_id: survivor, key_alias: `of ${survivor}` }))
  const made = good(await token.post('/key/generate', { key_alias: `of ${duplicate}` }))
  const keyOfDuplicate = gate.holder(textAt(made, 'key'))

  const [shared, ofDuplicate] = [await newTeam(gate), await newTeam(gate)]
  for (const id of [survivor, duplicate]) await join(gate, shared, id)
  good(
    await gate.master.post('/team/member_add', {
      team_id: ofDuplicate,
      member: { role: 'admin', user_id: duplicate },
    }),
  )
  const [one, two] = [await pays(gate, keyOfSurvivor), await pays(gate, keyOfDuplicate)]
  const three = await pays(gate, gate.holder(idp.token({ ...claims, groups: [shared] })))
  const users = [one, two, three].map(({ user }) => user)
  if (users.join() !== [survivor, duplicate, duplicate].join()) throw new Error(`not split: ${users.join()}`)
  const sums = { survivor: cost(one), duplicate: cost(two) + cost(three), inShared: cost(three) }
  await spent(gate, survivor, sums.survivor)
  await spent(gate, duplicate, sums.duplicate)
  return { email, survivor, duplicate, keyOfSurvivor, keyOfDuplicate, token, shared, ofDuplicate, spent: sums }
}

/** A call that is served, and on whose account. */
export async function pays(gate: Gate, caller: Caller): Promise<Account> {
  return accountOf(gate, read(await caller.chat('m1')))
}

export function cost({ line }: Account): number {
  return Number(line['spend'])
}

export async function merge(gate: Gate, survivor: string, duplicate: string, more: object = {}): Promise<Json> {
  return good(await gate.master.post('/user/merge', { survivor, duplicate, ...more }))
}

export async function undo(gate: Gate, merged: Json): Promise<Json> {
  return good(await gate.master.post('/user/merge/undo', { merge_id: merged['merge_id'] }))
}

/** What of the candidates is about one of these. */
export async function candidatesAbout({ master }: Gate, ...ids: readonly string[]): Promise<readonly Json[]> {
  const { candidates } = good(await master.get('/user/merge/candidates'))
  if (!Array.isArray(candidates)) throw new Error('no candidates')
  const all: readonly Json[] = candidates
  return all.filter((pair) =>
    [pair['survivor'], pair['duplicate']].some((side) => ids.includes(textAt(side, 'user_id'))),
  )
}
