import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { UserMatch } from '../../domain/token-ground.ts'
import { revocableNames } from '../../domain/token-revocation.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { concludeSeeing, learn } from '../3-identify/learn.ts'
import type { Learned } from '../3-identify/learn.ts'
import { decideRevocation, standingAgainst } from '../4-authorise/decide-revocation.ts'
import type { Trail } from '../trail.ts'

interface RevocationPorts {
  readonly clock: Clock
  readonly directory: Pick<WarmDirectory, 'peekRevocations' | 'findRevocations'>
  readonly trail?: Trail
}

/**
 * On every request, of remembered tokens too. Without a promise where it is known what stands against the token. What lets
 * it pass does so for as long as the directory says the same: with time, revocations only end.
 */
export function checkRevocation(
  token: VerifiedToken,
  { subject }: Pick<TokenFacts, 'subject'>,
  match: UserMatch | undefined,
  { clock, directory, trail }: RevocationPorts,
): Learned<Decision<undefined>> | Promise<Learned<Decision<undefined>>> {
  const userId = match?.is === 'found' ? match.facts.user.id : undefined
  const names = revocableNames(token, subject, userId)
  const decide = ({ result = [], seen }: Learned<readonly TokenRevocation[] | undefined>) => {
    const now = clock.now()
    const decision = decideRevocation(token, result, now)
    trail?.note('revocation', decision, describe(token, standingAgainst(token, result, now)))
    return { result: decision, seen }
  }
  const found = concludeSeeing(
    learn(
      () => directory.peekRevocations(names),
      () => directory.findRevocations(names),
    ),
  )
  return found instanceof Promise ? found.then(decide) : decide(found)
}

function describe({ claims: { jti, iat } }: VerifiedToken, standing: readonly TokenRevocation[]): JsonObject {
  return {
    jti: typeof jti === 'string' ? jti : null,
    issued_at: typeof iat === 'number' ? iat : null,
    revoked_by: standing.map(({ id, target }) => ({
      id,
      kind: target.is,
      issued_before: 'issuedBefore' in target ? new Date(target.issuedBefore).toISOString() : null,
    })),
  }
}
