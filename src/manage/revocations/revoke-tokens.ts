import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { epochMs, parseUserId } from '../../domain/ids.ts'
import type { EpochMs, UserId } from '../../domain/ids.ts'
import type { RevocationTarget, TokenRevocation } from '../../domain/token-revocation.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { TokenTexts } from '../../ports/token-verifier.ts'
import { gone } from '../describe-change.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import { userNotFound } from '../users/refuse-user.ts'
import { keepRevocation } from './keep-revocation.ts'
import type { WantedRevocation } from './keep-revocation.ts'

/** What is to be refused, as it is named by whoever asks for it. Times are in milliseconds since 1970. */
export interface RevocationOrder {
  readonly of:
    | { readonly is: 'token'; readonly text: string }
    | { readonly is: 'jti'; readonly issuer: string; readonly jti: string }
    | {
        readonly is: 'subject'
        readonly issuer: string
        readonly subject: string
        readonly issuedBefore: number | undefined
      }
    | { readonly is: 'user'; readonly userId: string; readonly issuedBefore: number | undefined }
  readonly reason: string | undefined
  /** Undefined: when no such token can be good any more. */
  readonly endsAt: number | undefined
}

/** A provider's clock may be that far ahead; whoever wants to lock somebody out for longer blocks the user. */
const MOST_AHEAD_MS = 60_000

/** From the next request on here, and within a second elsewhere, the token or tokens are refused. */
export async function revokeTokens(
  order: RevocationOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<TokenRevocation>> {
  const { tokens } = ports
  if (tokens === undefined)
    return malformed('Tokens of identity providers are not taken here: `enable_jwt_auth` is off.')
  const now = ports.clock.now()
  if (order.endsAt !== undefined && order.endsAt <= now) return malformed('`expires_at` must be in the future.')
  const about = { action: 'created', objectType: 'TokenRevocation', objectId: order.of.is } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const wanted = await wantedOf(order, now, ask, rooms, tokens)
    return wanted.verdict === 'deny' ? wanted : keepRevocation(wanted.granted, ask, rooms, ports)
  })
}

export function takeBackRevocation(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<TokenRevocation>> {
  const about = { action: 'deleted', objectType: 'TokenRevocation', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const [revocation] = await rooms.revocations.delete([id])
    if (revocation === undefined) return deny('revocation-not-found', 'object_denied')
    return allow({ outcome: revocation, records: [gone('TokenRevocation', id, revocation)] })
  })
}

async function wantedOf(
  { of, reason, endsAt: wished }: RevocationOrder,
  now: EpochMs,
  ask: Ask,
  rooms: Rooms,
  tokens: TokenTexts,
): Promise<Decision<WantedRevocation>> {
  const to = (target: RevocationTarget, endsAt: EpochMs | undefined): Decision<WantedRevocation> =>
    allow({ target, reason, endsAt: wished === undefined ? endsAt : epochMs(wished) })

  if (of.is === 'token') {
    const named = tokens.nameToken(of.text, now)
    if (named === undefined)
      return malformed('`token`: no such token would be taken here. Send it whole and unchanged.')
    if (named.endsAt !== undefined && named.endsAt <= now) return malformed('`token`: it has ended already.')
    return to({ is: 'token', digest: named.signedDigest }, named.endsAt)
  }
  if (of.is === 'user') {
    const userId = await canonicalUser(of.userId, rooms)
    if (userId === undefined) return userNotFound(of.userId, ask.reach)
    const issuedBefore = instantOf(of.issuedBefore, now)
    if (issuedBefore.verdict === 'deny') return issuedBefore
    return to({ is: 'user', userId, issuedBefore: issuedBefore.granted }, endAfter(tokens.longestLife(), now))
  }
  const life = tokens.longestLife(of.issuer)
  if (life === undefined)
    return malformed('`issuer`: no tokens of this issuer are taken here. It is compared to the letter.')
  if (of.is === 'jti') return to(of, endAfter(life, now))
  const issuedBefore = instantOf(of.issuedBefore, now)
  return issuedBefore.verdict === 'deny'
    ? issuedBefore
    : to({ ...of, issuedBefore: issuedBefore.granted }, endAfter(life, now))
}

/** By then whatever was issued until now has ended. */
function endAfter(life: number | 'endless' | undefined, now: EpochMs): EpochMs | undefined {
  return typeof life === 'number' ? epochMs(now + life * 1000) : undefined
}

function instantOf(wished: number | undefined, now: EpochMs): Decision<EpochMs> {
  if (wished !== undefined && wished > now + MOST_AHEAD_MS) return tooFarAhead()
  return allow(wished === undefined ? now : epochMs(wished))
}

function tooFarAhead(): Denied {
  return malformed(
    '`issued_before` may be a minute ahead at most, for clocks that differ. To lock somebody out, block the user.',
  )
}

/** Also by the id that a duplicate had before it was merged. */
async function canonicalUser(name: string, { users, formerUsers }: Rooms): Promise<UserId | undefined> {
  const id = parseUserId(name)
  if (id === undefined) return undefined
  const survivor = (await formerUsers.find(id))?.mergedInto
  return (await users.find(survivor ?? id))?.id
}
