import { parseUserId } from '../../../domain/ids.ts'
import type { UserFacts } from '../../../domain/user.ts'
import type { Situation } from '../situation.ts'

/** Whom the token leads to, where the journey ended before it was asked: by the link, else by the id. */
export async function userOfToken({ principal, facts, directory }: Situation): Promise<UserFacts | undefined> {
  if (principal !== undefined && principal.kind !== 'master') return principal.standing.user
  if (facts?.subject === undefined) return undefined
  const { issuer, subject } = facts
  const linked = await directory.findIdentity({ issuer, subject })
  const id = linked === undefined ? parseUserId(subject) : linked.userId
  return id === undefined || linked?.isDeleted === true ? undefined : directory.findUser(id)
}
