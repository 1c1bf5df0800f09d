import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newCredentialBody } from './credentials.ts'
import { describeIssues } from './describe-issues.ts'
import { deleteBody, generateBody, keyListQuery, regenerateBody, resetSpendBody, updateBody } from './keys.ts'
import { memberAddBody } from './members.ts'
import { newModelBody } from './models.ts'
import { organizationDeleteBody, organizationNewBody } from './organizations.ts'
import { newRevocationBody } from './revocations.ts'
import { spendLogsQuery } from './spend.ts'
import { newUserBody } from './users.ts'

const SCHEMAS = {
  generateBody,
  updateBody,
  deleteBody,
  regenerateBody,
  keyListQuery,
  spendLogsQuery,
  newRevocationBody,
}

describe('bodies and queries', () => {
  test.each(Object.entries(SCHEMAS))('%s: no JSON makes reading throw, and every refusal says where', (_, schema) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = schema.safeParse(value)
        if (result.success) return
        const details = describeIssues(result.error.issues, ['body'], value)
        expect(details.length).toBeGreaterThan(0)
        for (const { type, loc, msg } of details) {
          expect([typeof type, loc[0], msg.length > 0]).toEqual(['string', 'body', true])
        }
      }),
    )
  })

  test.each([
    ['true', true],
    ['False', false],
    ['1', true],
    [0, false],
    [true, true],
  ])('a flag may come as %j', (blocked, expected) => {
    expect(updateBody.parse({ key: 'sk-x', blocked }).wish.blocked).toBe(expected)
  })

  test('null and absence say the same, but for the expiry in an update', () => {
    expect(generateBody.parse({ models: null, duration: null, key_alias: '' })).toEqual(generateBody.parse({}))
    expect(updateBody.parse({ key: 'sk-x', duration: null }).wish.duration).toBe('-1')
    expect(updateBody.parse({ key: 'sk-x' }).wish.duration).toBeUndefined()
  })

  test('numbers in a query are text', () => {
    expect(keyListQuery.parse({ page: '2', size: '100' })).toMatchObject({ page: 2, size: 100 })
    expect(keyListQuery.safeParse({ page: '2.5' }).success).toBe(false)
    expect(keyListQuery.safeParse({ page: '9'.repeat(30) }).success).toBe(false)
  })

  test.each([
    ['the only one, sent by itself', { role: 'owner', user_id: 'x' }, ['body', 'member', 'role'], 'enum', 'owner'],
    ['one of a list', [{ role: 'owner', user_id: 'x' }], ['body', 'member', 0, 'role'], 'enum', 'owner'],
    ['none', undefined, ['body', 'member'], 'missing', {}],
  ])('a wrong entry has the place that it was sent in: %s', (_what, member, loc, type, input) => {
    const body = { team_id: 't', member }
    const result = memberAddBody.safeParse(body)
    expect(describeIssues(result.error?.issues ?? [], ['body'], body)).toMatchObject([{ loc, type, input }])
  })

  test.each([
    [{ max_budget: 'abc' }, 'float_parsing', 'Input should be a valid number, unable to parse string as a number'],
    [{ max_budget: true }, 'float_type', 'Input should be a valid number'],
    [{ temp_budget_increase: [] }, 'float_type', 'Input should be a valid number'],
    [{ rpm_limit: 'abc' }, 'int_parsing', 'Input should be a valid integer, unable to parse string as an integer'],
    [{ rpm_limit: {} }, 'int_type', 'Input should be a valid integer'],
    [{ rpm_limit: 1.5 }, 'int_from_float', 'Input should be a valid integer, got a number with a fractional part'],
    [{ model_rpm_limit: { m: true } }, 'int_type', 'Input should be a valid integer'],
    [{ budget_limits: Array(21).fill({}) }, 'too_long', 'List should have at most 20 items'],
  ])('%j: what is wrong with it is said of what it is', (fields, type, msg) => {
    const result = updateBody.safeParse({ key: 'sk-x', ...fields })
    expect(describeIssues(result.error?.issues ?? [], ['body'], fields)).toContainEqual(
      expect.objectContaining({ type, msg }),
    )
  })

  test.each([
    [{ team: 't' }, ['body', 'teams', 0, 'team_id'], 'missing'],
    [{ team_id: 't', user_role: 'king' }, ['body', 'teams', 0, 'user_role'], 'enum'],
    [null, ['body', 'teams', 0], 'dict_type'],
  ])('where several shapes are taken, %j is told by the one that is nearest', (entry, loc, type) => {
    const body = { teams: [entry] }
    const result = newUserBody.safeParse(body)
    expect(describeIssues(result.error?.issues ?? [], ['body'], body)).toMatchObject([{ loc, type }])
  })

  test('what is too short is told by its length', () => {
    const body = { organization_alias: '', organization_ids: [] }
    const told = [organizationNewBody, organizationDeleteBody].flatMap((schema) =>
      describeIssues(schema.safeParse(body).error?.issues ?? [], ['body'], body).map(({ type, msg }) => [type, msg]),
    )
    expect(told).toEqual([
      ['string_too_short', 'String should have at least 1 character'],
      ['too_short', 'List should have at least 1 item'],
    ])
  })

  test('16.3: amounts may come as text', () => {
    const raise = { key: 'sk-x', temp_budget_increase: '2.5', temp_budget_expiry: '2026-12-31' }
    expect(updateBody.parse(raise).wish.temporaryBudget?.increase).toBe(2.5)
    expect(resetSpendBody.parse({ reset_to: '0' })).toEqual({ reset_to: 0 })
  })

  test('C-13: a refusal does not repeat what may be a secret of a provider', () => {
    const credential = { credential_name: 'c', credential_values: 'hush' }
    const model = { model_name: 'm', litellm_params: 'hush' }
    const told = [
      describeIssues(newCredentialBody.safeParse(credential).error?.issues ?? [], [], credential),
      describeIssues(newModelBody.safeParse(model).error?.issues ?? [], [], model),
    ]
    expect(told.map((issues) => issues.map(({ type }) => type))).toEqual([['dict_type'], ['dict_type']])
    expect(JSON.stringify(told)).not.toContain('hush')
  })

  test('K-04: a refusal does not repeat what may be a key', () => {
    const secret = 'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'
    for (const body of [
      { key: [secret] },
      { new_key: { value: secret } },
      { key: secret, models: [{ key: secret }] },
    ]) {
      const result = regenerateBody.safeParse(body)
      expect(JSON.stringify(describeIssues(result.error?.issues ?? [], ['body'], body))).not.toContain(secret)
    }
    const token = newRevocationBody.safeParse({ token: [secret], jti: secret })
    const tokens = describeIssues(token.error?.issues ?? [], ['body'], { token: [secret] })
    expect([tokens.length > 0, JSON.stringify(tokens).includes(secret)]).toEqual([true, false])
    const keys = deleteBody.safeParse({ keys: secret })
    expect(JSON.stringify(describeIssues(keys.error?.issues ?? [], ['body'], { keys: secret }))).not.toContain(secret)
  })
})
