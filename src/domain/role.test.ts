import { expect, test } from 'vitest'
import { ROLE_WITHOUT_USER, USER_ROLES, isViewer } from './role.ts'

test('viewers are the two roles that only look, and a key without a user is none of them', () => {
  expect(USER_ROLES.filter(isViewer)).toEqual(['proxy_admin_viewer', 'internal_user_viewer'])
  expect(isViewer(ROLE_WITHOUT_USER)).toBe(false)
})
