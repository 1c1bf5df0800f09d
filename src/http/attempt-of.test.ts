import { expect, test } from 'vitest'
import { digests } from '../adapters/crypto/digests.ts'
import { ACCESS_TABLE, isManagementWrite } from '../domain/access-table.ts'
import { attemptOf } from './attempt-of.ts'

test.each([
  ['POST', '/key/generate', {}, 'created', 'LiteLLM_VerificationToken', ''],
  ['POST', '/key/delete', { keys: ['a', 'b'] }, 'deleted', 'LiteLLM_VerificationToken', 'a,b'],
  ['POST', '/team/block', { team_id: 't' }, 'blocked', 'LiteLLM_TeamTable', 't'],
  ['POST', '/team/unblock', { team_id: 't' }, 'unblocked', 'LiteLLM_TeamTable', 't'],
  ['POST', '/team/delete', { team_ids: ['t', 1] }, 'deleted', 'LiteLLM_TeamTable', 't'],
  ['POST', '/team/member_add', { team_id: 't' }, 'created', 'LiteLLM_TeamMembership', 't'],
  ['POST', '/user/update', { user_id: 'u' }, 'updated', 'LiteLLM_UserTable', 'u'],
  ['DELETE', '/organization/delete', { organization_ids: ['o'] }, 'deleted', 'LiteLLM_OrganizationTable', 'o'],
  ['POST', '/credentials', { credential_name: 'c' }, 'created', 'LiteLLM_CredentialsTable', 'c'],
  ['POST', '/user/new', null, 'created', 'LiteLLM_UserTable', ''],
  ['POST', '/user/new', ['x'], 'created', 'LiteLLM_UserTable', ''],
  ['POST', '/global/spend/reset', {}, 'attempted', 'route', 'POST /global/spend/reset'],
] as const)('%s %s with %j is %s of %s %s', (method, path, body, action, objectType, objectId) => {
  expect(attemptOf(method, path, { params: {}, body }, digests)).toEqual({ action, objectType, objectId })
})

test('the path names objects too', () => {
  const said = { params: { credential_name: 'c' }, body: {} }
  expect(attemptOf('DELETE', '/credentials/{credential_name}', said, digests)).toMatchObject({
    action: 'deleted',
    objectId: 'c',
  })
})

test('INV-31: a key that stands where a name is meant becomes its digest', () => {
  const secret = 'sk-a-secret-0123456789'
  const said = { params: { key: secret }, body: { key: secret, keys: [secret] } }
  const { objectId } = attemptOf('POST', '/key/{key}/regenerate', said, digests)
  expect(objectId).not.toContain(secret)
  expect(objectId).toContain(digests.digestKey(secret))
})

test('calls of models are no changes of what is administered', () => {
  const writing = ACCESS_TABLE.filter(isManagementWrite).map(({ id }) => id)
  expect(writing).toContain('key-create')
  expect(writing).toContain('spend-reset')
  for (const call of ['inference', 'provider-object-write', 'mcp-use', 'key-read']) expect(writing).not.toContain(call)
})
