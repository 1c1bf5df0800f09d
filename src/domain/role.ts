/** What a user may do here, as the compatible API names it. */
export type UserRole = 'proxy_admin' | 'proxy_admin_viewer' | 'internal_user' | 'internal_user_viewer'

export const USER_ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const

export function parseUserRole(text: string): UserRole | undefined {
  return USER_ROLES.find((role) => role === text)
}

/** What a member may do inside of one team. */
export type TeamRole = 'admin' | 'user'

/** What a member may do inside of one organisation. */
export type OrganizationRole = 'org_admin' | 'internal_user' | 'internal_user_viewer'

/** Of a key without a user behind it, in messages and at model calls. */
export const ROLE_WITHOUT_USER: UserRole = 'internal_user'

/** Who may look and not touch. Looking is free, so that a viewer calls no model either. */
export function isViewer(role: UserRole): boolean {
  return role === 'proxy_admin_viewer' || role === 'internal_user_viewer'
}

/** Who sees everything, and decides or looks on. */
export const ADMINISTRATORS: ReadonlySet<string> = new Set<UserRole>(['proxy_admin', 'proxy_admin_viewer'])

/** In whose right something was blocked. */
export type Blocker = UserRole | 'org_admin' | 'team_admin'
