import { isObject } from '../../../domain/json.ts'
import { callOf, together } from '../change-call.ts'
import { changeClaim, forOperators } from '../change-claims.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** All that stands against the token has to go: each refuses it by itself. */
export function forRevoked({ step }: Situation): readonly Change[] {
  const { revoked_by: standing } = step.inputs
  const ids = Array.isArray(standing) ? standing.flatMap((each) => (isObject(each) ? [each['id']] : [])) : []
  const [first, ...others] = ids.filter((id) => typeof id === 'string').map(takeBack)
  return first === undefined ? [] : [forOperators(others.reduce((all, each) => together(all.say, all, each), first))]
}

/** Where only the age is asked, it may as well be said. */
export function forUndated(situation: Situation): readonly Change[] {
  const dated = changeClaim(['iat'], Math.trunc(situation.now / 1000), situation.token)
  return [dated, ...forRevoked(situation)]
}

function takeBack(id: string): Change {
  return callOf(
    'Take the revocation back.',
    '/jwt/revocation/delete',
    { id },
    { revocations: new Map([[id, () => undefined]]) },
  )
}
