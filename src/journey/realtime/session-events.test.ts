import { expect, test } from 'vitest'
import { codeToCarry, errorOf, writeError } from './session-events.ts'

test.each([
  [1000, 1000],
  [1001, 1001],
  [1003, 1003],
  [1004, 1011],
  [1005, undefined],
  [1006, 1011],
  [1007, 1007],
  [1014, 1014],
  [1015, 1011],
  [2999, 1011],
  [3000, 3000],
  [4999, 4999],
  [5000, 1011],
  [0, 1011],
])('RFC 6455 §7.4: the end %d is told as %s', (code, told) => expect(codeToCarry(code)).toBe(told))

test('an error has the shape that clients read', () => {
  const error = errorOf({ problem: 'budget-exceeded' })
  expect(JSON.parse(writeError('event_1', error, 'mine'))).toEqual({
    type: 'error',
    event_id: 'event_1',
    error: {
      type: 'budget_exceeded',
      code: '429',
      message: 'Budget has been exceeded!',
      param: null,
      event_id: 'mine',
    },
  })
  expect(errorOf({ problem: 'model-unknown', say: 'no' })).toMatchObject({
    type: 'invalid_request_error',
    message: 'no',
  })
})
