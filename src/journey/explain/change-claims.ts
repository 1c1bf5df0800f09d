import type { Claims, ClaimPath } from '../../domain/claims.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { Change, ChangeStep, Scene, Subject } from './scene.ts'

/** What the identity provider or the operator can do otherwise. */

/** `proven`: the token that was presented, where one was. `null` takes the claim away. */
export function changeClaim(path: ClaimPath, value: JsonValue, proven: VerifiedToken | undefined): Change {
  const name = path.map((part) => part.replaceAll('.', '\\.')).join('.')
  const say = value === null ? `Leave the claim ${name} out.` : `Put ${JSON.stringify(value)} into the claim ${name}.`
  return {
    say,
    steps: [{ claim: name, value }],
    imagine: (scene) => ({ ...scene, subject: withClaim(scene.subject, path, value, proven) }),
  }
}

function withClaim(subject: Subject, path: ClaimPath, value: JsonValue, proven: VerifiedToken | undefined): Subject {
  if (subject.is === 'claims') return { ...subject, claims: withValue(subject.claims, path, value) }
  const token = subject.is === 'token' ? subject.token : proven
  return token === undefined
    ? subject
    : { is: 'token', token: { ...token, claims: withValue(token.claims, path, value) } }
}

function withValue(claims: Claims, [name, ...rest]: ClaimPath, value: JsonValue): Claims {
  if (name === undefined) return claims
  const { [name]: before, ...others } = claims
  if (rest.length === 0) return value === null ? others : { ...others, [name]: value }
  return { ...others, [name]: withValue(isObject(before) ? before : {}, rest, value) }
}

/** A policy of tokens. Only an operator is told. */
export function changePolicy(say: string, step: ChangeStep, becomes: (policy: TokenPolicy) => TokenPolicy): Change {
  return {
    say,
    steps: [step],
    forOperators: true,
    imagine: (scene) => {
      const { policy } = scene.settings
      if (policy === undefined) return scene
      return { ...scene, settings: { ...scene.settings, policy: becomes(policy) } }
    },
  }
}

export function changeRoutes(
  say: string,
  steps: readonly ChangeStep[],
  becomes: (routes: Scene['settings']['routes']) => Scene['settings']['routes'],
): Change {
  return {
    say,
    steps,
    forOperators: true,
    imagine: (scene) => ({ ...scene, settings: { ...scene.settings, routes: becomes(scene.settings.routes) } }),
  }
}

/** The same, of which only an operator is told. */
export function forOperators(change: Change): Change {
  return { ...change, forOperators: true }
}
