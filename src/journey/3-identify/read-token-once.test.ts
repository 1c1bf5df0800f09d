import { expect, test } from 'vitest'
import { makePolicy, makeProfile, makeToken } from '../../../test/support/token-makers.ts'
import { readTokenOnce } from './read-token-once.ts'

const field = { path: ['azp'], text: 'azp', setting: 'virtual_key_claim_field' }
const token = makeToken({ sub: 'ann', azp: 'batch' }, makeProfile({ userId: 'sub' }))

test('a token is read once, by the policy that counts', () => {
  const policy = makePolicy({ keyMapping: { field, unregistered: 'reject', ttlSeconds: 300 } })
  const reading = readTokenOnce(token, policy)
  expect(reading).toMatchObject({ facts: { granted: { subject: 'ann' } }, claim: { name: 'azp', value: 'batch' } })
  expect(readTokenOnce(token, policy)).toBe(reading)
  expect(readTokenOnce(token, makePolicy())).toMatchObject({ claim: undefined })
  expect(readTokenOnce({ ...token, claims: { sub: 'bob' } }, policy)).toMatchObject({
    facts: { granted: { subject: 'bob' } },
    claim: undefined,
  })
})
