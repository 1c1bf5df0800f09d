import { expect, test } from 'vitest'
import { changeAction, describeChange, describeRow, isSame } from './describe-change.ts'

test('only members that differ are told, and amounts as digits', () => {
  const before = { alias: 'a', limits: { maxBudget: 1n }, updatedAt: 1, updatedBy: 'x' }
  const after = { alias: 'a', limits: { maxBudget: 2n }, updatedAt: 2, updatedBy: 'y' }
  expect(describeChange(before, after)).toEqual({
    before: { limits: { maxBudget: '1' } },
    after: { limits: { maxBudget: '2' } },
  })
  expect(isSame(before, { ...before, updatedAt: 2 })).toBe(true)
})

test('a secret is shown by what it is called, at every depth; what is no secret stays', () => {
  const bag = { api_key: 'hush', list: [{ password: 'hush', max_tokens: 3 }], client_secret: null, note: 'n' }
  expect(describeRow({ passwordHash: 'hush', metadata: bag, limits: { tokensPerMinute: 4 } })).toEqual({
    passwordHash: 'changed',
    metadata: {
      api_key: 'changed',
      list: [{ password: 'changed', max_tokens: 3 }],
      client_secret: null,
      note: 'n',
    },
    limits: { tokensPerMinute: 4 },
  })
})

test('opening and closing are told as that', () => {
  const [open, closed] = [{ blocked: false }, { blocked: true }]
  expect(changeAction(open, closed)).toBe('blocked')
  expect(changeAction(closed, open)).toBe('unblocked')
  expect(changeAction(open, { ...open })).toBe('updated')
})
