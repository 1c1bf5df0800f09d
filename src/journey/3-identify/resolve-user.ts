import { defaultUser } from '../../domain/default-user.ts'
import { foldEmail } from '../../domain/fold-email.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { EpochMs, UserId } from '../../domain/ids.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import type { UserMatch } from '../../domain/token-ground.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { conclude, learn } from './learn.ts'
import type { Learning } from './learn.ts'

/** What somebody's provider says about who it is, of whatever kind the credential is. */
export interface UserHints extends IdentityLink {
  readonly email: string | undefined
  /** The provider vouches for the mailbox, or decides about its domain. */
  readonly emailIsProven: boolean
  /** The operator made this provider decide about the mailboxes of the address's domain. */
  readonly emailIsIssuers: boolean
  /** Subjects of this provider may be ids of administrators who have no link yet. */
  readonly trustsUserIds: boolean
  /** Who nobody is yet would become somebody with these. */
  readonly defaults: UserDefaults
  readonly newId: () => UserId
  readonly now: EpochMs
}

type People = Pick<
  WarmDirectory,
  | 'peekIdentity'
  | 'findIdentity'
  | 'peekUser'
  | 'findUser'
  | 'peekFormerUser'
  | 'findFormerUser'
  | 'peekUserBySsoSubject'
  | 'findUserBySsoSubject'
  | 'peekUsersByEmail'
  | 'findUsersByEmail'
>

/** The one place where a credential is led to a user. Reads only; what is to be written is for the decision to say. */
export function resolveUser(hints: UserHints, directory: People): UserMatch | Promise<UserMatch> {
  return conclude(matchUser(hints, directory))
}

/** By the link; else by an id, a subject or an address that leads to a row to which nothing else does. */
export function* matchUser(hints: UserHints, directory: People): Learning<UserMatch> {
  const { issuer, subject } = hints
  const link = yield* learn(
    () => directory.peekIdentity({ issuer, subject }),
    () => directory.findIdentity({ issuer, subject }),
  )
  if (link !== undefined) {
    const facts = link.isDeleted ? undefined : yield* heirOf(link.userId, directory)
    return facts === undefined ? deleted(hints) : { is: 'found', facts, by: 'link', needsLink: false }
  }

  const id = parseUserId(subject)
  const holder = id === undefined ? 'free' : yield* holderOf(id, hints, directory)
  if (holder === 'deleted') return deleted(hints)
  if (typeof holder === 'object') return holder

  const named = yield* learn(
    () => directory.peekUserBySsoSubject(subject),
    () => directory.findUserBySsoSubject(subject),
  )
  if (named?.isDeleted === true) return deleted(hints)
  const bySubject = named === undefined ? undefined : yield* userOf(named.userId, directory)
  if (bySubject !== undefined && isUnlinked(bySubject) && mayBecome(bySubject, hints)) {
    return found(bySubject, 'sso-subject')
  }

  const byEmail = yield* matchEmail(hints, directory)
  if (byEmail !== undefined) return byEmail
  return newcomer(hints, holder === 'free' && id !== undefined ? id : hints.newId(), false)
}

/** `taken`: somebody has the id, or had it, whom this subject does not lead to. */
type Holder = UserMatch | 'free' | 'taken' | 'deleted'

function* holderOf(id: UserId, hints: UserHints, directory: People): Learning<Holder> {
  const former = yield* learn(
    () => directory.peekFormerUser(id),
    () => directory.findFormerUser(id),
  )
  if (former !== undefined) {
    if (former.mergedInto === undefined) return 'deleted'
    return yield* matchAlias(former.mergedInto, hints, directory)
  }
  const facts = yield* userOf(id, directory)
  if (facts === undefined) return 'free'
  return isUnlinked(facts) && mayBecome(facts, hints) ? found(facts, 'id') : 'taken'
}

/** The id of a duplicate that an operator merged into somebody. */
function* matchAlias(survivor: UserId, hints: UserHints, directory: People): Learning<Holder> {
  const former = yield* learn(
    () => directory.peekFormerUser(survivor),
    () => directory.findFormerUser(survivor),
  )
  const facts = former === undefined ? yield* userOf(survivor, directory) : undefined
  if (facts === undefined) return 'deleted'
  if (!(isUnlinked(facts) || hints.trustsUserIds) || !mayBecome(facts, hints)) return 'taken'
  return { is: 'found', facts, by: 'id', needsLink: !isLinkedAt(facts, hints.issuer) }
}

/** An address is a bridge to one row only, never to an administrator, and to nobody who has a link of this provider. */
function* matchEmail(hints: UserHints, directory: People): Learning<UserMatch | undefined> {
  const { email } = hints
  if (email === undefined || !hints.emailIsProven) return undefined
  const ids =
    (yield* learn(
      () => directory.peekUsersByEmail(email),
      () => directory.findUsersByEmail(email),
    )) ?? []
  const [id, another] = ids
  if (another !== undefined) return { is: 'ambiguous-email' }
  const facts = id === undefined ? undefined : yield* userOf(id, directory)
  if (facts === undefined || isPowerful(facts)) return undefined
  if (isOneMailbox(facts, hints)) return { is: 'found', facts, by: 'email', needsLink: false }
  return mayBridge(facts, hints) ? found(facts, 'email') : undefined
}

/** A provider that names its users by their addresses names one by every spelling of it. */
function isOneMailbox({ identities }: UserFacts, { issuer, subject, email = '' }: UserHints): boolean {
  const mailbox = foldEmail(email)
  if (foldEmail(subject) !== mailbox) return false
  return identities.some((link) => link.issuer === issuer && foldEmail(link.subject) === mailbox)
}

/**
 * Whom another provider links already, only a provider may claim that decides about the mailbox; and the same subject at
 * two providers is never one user (INV-05).
 */
function mayBridge(facts: UserFacts, { issuer, subject, emailIsIssuers }: UserHints): boolean {
  if (isUnlinked(facts)) return true
  return emailIsIssuers && facts.identities.every((link) => link.issuer !== issuer && link.subject !== subject)
}

function* userOf(id: UserId, directory: People): Learning<UserFacts | undefined> {
  return yield* learn(
    () => directory.peekUser(id),
    () => directory.findUser(id),
  )
}

/** While users are merged, a link may still be known as the duplicate's. */
function* heirOf(id: UserId, directory: People): Learning<UserFacts | undefined> {
  const facts = yield* userOf(id, directory)
  if (facts !== undefined) return facts
  const former = yield* learn(
    () => directory.peekFormerUser(id),
    () => directory.findFormerUser(id),
  )
  return former?.mergedInto === undefined ? undefined : yield* userOf(former.mergedInto, directory)
}

function isUnlinked({ identities }: UserFacts): boolean {
  return identities.length === 0
}

function isLinkedAt({ identities }: UserFacts, issuer: string): boolean {
  return identities.some((link) => link.issuer === issuer)
}

function isPowerful({ user }: UserFacts): boolean {
  return ADMINISTRATORS.has(user.role)
}

/** Nobody is the holder of the master key by a token. */
function mayBecome(facts: UserFacts, { trustsUserIds }: UserHints): boolean {
  return facts.user.id !== MASTER_USER_ID && (trustsUserIds || !isPowerful(facts))
}

function found(facts: UserFacts, by: 'id' | 'sso-subject' | 'email'): UserMatch {
  return { is: 'found', facts, by, needsLink: true }
}

function deleted(hints: UserHints): UserMatch {
  return newcomer(hints, hints.newId(), true)
}

function newcomer({ email, defaults, now }: UserHints, id: UserId, wasDeleted: boolean): UserMatch {
  const facts = { user: defaultUser(id, email, defaults, now), teams: [], organizations: [], identities: [] }
  return { is: 'new', facts, wasDeleted }
}
