import type { AccessRow, Column, Right } from './access-row.ts'
import type { KeyDigest, OrganizationId, TeamId, UserId } from './ids.ts'
import { isViewer } from './role.ts'
import type { OrganizationRole, TeamRole, UserRole } from './role.ts'

/** What is known about who calls, as far as it decides whose objects they may touch. */
export interface Caller {
  readonly kind: 'master' | 'key' | 'user'
  readonly userId: UserId | undefined
  /** Undefined: a key without a user. */
  readonly role: UserRole | undefined
  readonly teams: readonly TeamMembership[]
  readonly organizations: readonly OrganizationMembership[]
  readonly keyDigest: KeyDigest | undefined
  readonly keyTeamId: TeamId | undefined
}

export interface TeamMembership {
  readonly teamId: TeamId
  readonly role: TeamRole
  readonly organizationId: OrganizationId | undefined
  /** What the team lets its plain members do with its keys; route paths. */
  readonly permissions: readonly string[]
}

export interface OrganizationMembership {
  readonly organizationId: OrganizationId
  readonly role: OrganizationRole
}

/** How far a right goes. What a row does not grant is empty, so that a predicate needs to know the reach alone. */
export type Reach = { readonly scope: 'all'; readonly mayWrite: boolean } | SomeReach

export interface SomeReach {
  readonly scope: 'some'
  /** With everything in them. */
  readonly organizations: ReadonlySet<OrganizationId>
  readonly adminTeams: ReadonlySet<TeamId>
  /** Each with what it lets its members do. */
  readonly memberTeams: ReadonlyMap<TeamId, readonly string[]>
  readonly userId: UserId | undefined
  readonly keyDigest: KeyDigest | undefined
  /** Of a key without a user that may look at its own team. */
  readonly keyTeamId: TeamId | undefined
}

const NOTHING: SomeReach = {
  scope: 'some',
  organizations: new Set(),
  adminTeams: new Set(),
  memberTeams: new Map(),
  userId: undefined,
  keyDigest: undefined,
  keyTeamId: undefined,
}

const COLUMN_OF_ROLE: Readonly<Record<UserRole, Column>> = {
  proxy_admin: 'PA',
  proxy_admin_viewer: 'PAV',
  internal_user: 'IU',
  internal_user_viewer: 'IUV',
}

/** What memberships add to a viewer: more to look at. */
const WIDENS_A_VIEW: ReadonlySet<Right> = new Set<Right>(['O', 'T'])

/**
 * How far does this caller's right on this row go? Callers stand in several columns at once, and have what any of them
 * grants. `none`: the row is not for them, whatever the object.
 */
export function decideReach(caller: Caller, row: AccessRow): Reach | 'none' {
  const grants = columnsOf(caller)
    .map((column) => ({ column, right: row.cells[column].right }))
    .filter(({ column, right }) => right !== '-' && countsFor(caller, column, right, row))
  if (grants.length === 0) return 'none'

  if (grants.some(({ right }) => right === 'A' || right === 'V')) {
    return { scope: 'all', mayWrite: grants.some(({ column, right }) => column === 'PA' && right === 'A') }
  }
  return grants.reduce((reach, { column, right }) => ({ ...reach, ...granted(caller, column, right) }), NOTHING)
}

/** What is for everybody is for everybody here too: the anonymous column holds nothing else. */
function columnsOf({ kind, role, teams, organizations }: Caller): readonly Column[] {
  if (kind === 'master') return ['PA', 'AN']
  if (role === undefined) return kind === 'key' ? ['KN', 'AN'] : ['AN']
  const columns: Column[] = [COLUMN_OF_ROLE[role], 'AN']
  if (organizations.some((membership) => membership.role === 'org_admin')) columns.push('OA')
  if (teams.some((membership) => membership.role === 'admin')) columns.push('TA')
  return columns
}

/** A viewer who administers a team or an organisation sees all of it, and still changes and spends nothing. */
function countsFor({ kind, role }: Caller, column: Column, right: Right, row: AccessRow): boolean {
  const viewer = kind !== 'master' && role !== undefined && isViewer(role)
  if (!viewer || (column !== 'OA' && column !== 'TA')) return true
  return !row.writes && WIDENS_A_VIEW.has(right)
}

/** The part of the reach that one cell fills. No two cells fill the same part differently. */
function granted(caller: Caller, column: Column, right: Right): Partial<SomeReach> {
  switch (right) {
    case 'O':
      return { organizations: administeredOrganizations(caller) }
    case 'T':
      return ownTeams(caller, column)
    case 'S':
    case 'D':
      return itself(caller, column)
    case 'M':
      return { memberTeams: memberTeams(caller) }
    case 'SM':
      return { ...itself(caller, column), memberTeams: memberTeams(caller) }
    case 'A':
    case 'V':
    case 'P':
    case '-':
      return {}
  }
}

/** A team of one's own is one that a team admin administers, a member belongs to, and a key was made for. */
function ownTeams(caller: Caller, column: Column): Partial<SomeReach> {
  if (column === 'KN') return { keyTeamId: caller.keyTeamId }
  return column === 'TA' ? { adminTeams: administeredTeams(caller) } : { memberTeams: memberTeams(caller) }
}

function itself({ userId, keyDigest }: Caller, column: Column): Partial<SomeReach> {
  return column === 'KN' ? { keyDigest } : { userId, keyDigest }
}

function administeredOrganizations({ organizations }: Caller): ReadonlySet<OrganizationId> {
  const administered = organizations.filter(({ role }) => role === 'org_admin')
  return new Set(administered.map(({ organizationId }) => organizationId))
}

function administeredTeams({ teams }: Caller): ReadonlySet<TeamId> {
  return new Set(teams.filter(({ role }) => role === 'admin').map(({ teamId }) => teamId))
}

function memberTeams({ teams }: Caller): SomeReach['memberTeams'] {
  return new Map(teams.map(({ teamId, permissions }) => [teamId, permissions]))
}
