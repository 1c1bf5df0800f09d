import { isTokenPrincipal } from '../../../domain/principal.ts'
import { together } from '../change-call.ts'
import { makeUser } from '../change-people.ts'
import { ImaginedDirectory, NOTHING_IMAGINED } from '../imagined-directory.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

export type Proposer = (situation: Situation) => readonly Change[] | Promise<readonly Change[]>

/** Whom the refused call would have made has to be made by somebody else, before anything about it can be changed. */
export async function withNewcomer(situation: Situation, propose: Proposer): Promise<readonly Change[]> {
  const changes = await propose(situation)
  const arrival = await arrivalOf(situation)
  if (arrival === undefined) return changes
  const { facts } = arrival.imagine({ ...situation.scene, facts: NOTHING_IMAGINED })
  const there = { ...situation, directory: new ImaginedDirectory(situation.directory, facts) }
  const later = await propose(there)
  return [...changes, ...later.map((change) => together(`${arrival.say} ${change.say}`, arrival, change))]
}

/** Only where the token's own word becomes the id. */
async function arrivalOf(situation: Situation): Promise<Change | undefined> {
  const { principal, facts, directory } = situation
  if (principal === undefined || !isTokenPrincipal(principal)) return undefined
  const user = principal.standing.user?.user
  if (user === undefined || user.id !== facts?.subject || (await directory.findUser(user.id)) !== undefined) {
    return undefined
  }
  return makeUser(user.id, 'internal_user', situation)
}
