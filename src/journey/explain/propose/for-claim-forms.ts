import type { Claims, ClaimPath } from '../../../domain/claims.ts'
import type { JsonValue } from '../../../domain/json.ts'
import type { ClaimField, ClaimFields } from '../../../domain/token-settings.ts'
import { lookUp, readText, readTexts } from '../../3-identify/read-claim.ts'
import { changeClaim } from '../change-claims.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** Claims that are there in a form that none can have: in one that keeps what is meant, else left out. */

export function claimsOf({ scene, token }: Pick<Situation, 'scene' | 'token'>): Claims {
  return scene.subject.is === 'claims' ? scene.subject.claims : (token?.claims ?? {})
}

export function forSubject({ profile, token, scene }: Situation): readonly Change[] {
  const path = profile?.fields.userId?.path ?? ['sub']
  const claims = claimsOf({ scene, token })
  return [['sub'], path].map((each) => {
    const claim = lookUp(claims, each)
    const said = claim.is === 'value' ? nameIn(claim.value) : undefined
    return changeClaim(each, said ?? 'somebody', token)
  })
}

export function forTypes({ profile, token, scene }: Situation): readonly Change[] {
  const claims = claimsOf({ scene, token })
  const mapped = NAMES.flatMap((name) => {
    const field: ClaimField | undefined = profile?.fields[name]
    return field === undefined ? [] : [[field.path, LISTS.has(name)] as const]
  })
  const places: readonly (readonly [path: ClaimPath, mayBeList: boolean])[] = [[['scope'], true], ...mapped]
  return places.flatMap(([path, mayBeList]) => {
    const read = mayBeList ? readTexts(claims, path) : readText(claims, path)
    if (read.is !== 'wrong') return []
    const claim = lookUp(claims, path)
    const meant = claim.is === 'value' ? meantBy(claim.value, mayBeList) : null
    const leave = changeClaim(path, null, token)
    return meant === null ? [leave] : [changeClaim(path, meant, token), leave]
  })
}

const LISTS: ReadonlySet<keyof ClaimFields> = new Set(['teamId', 'teamIds', 'roles', 'allowedRoles'])

const NAMES: readonly (keyof ClaimFields)[] = [
  ...(['userId', 'email', 'teamId', 'teamIds', 'teamAlias', 'organizationId', 'organizationAlias'] as const),
  ...(['endUserId', 'objectId', 'roles', 'allowedRoles'] as const),
]

/** `null`: nothing that could be kept. */
function meantBy(value: JsonValue, mayBeList: boolean): JsonValue {
  if (!Array.isArray(value)) return nameIn(value) ?? null
  const names = value.flatMap((each: JsonValue) => nameIn(each) ?? [])
  return mayBeList ? names : (names[0] ?? null)
}

/** Of no more bytes than a name may have. */
const MOST_UNITS = 80

/** As it would be written as a name. */
function nameIn(value: JsonValue): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return undefined
  const printable = value.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '').trim()
  const name = printable.slice(0, MOST_UNITS).toWellFormed().trim()
  return name === '' ? undefined : name
}
