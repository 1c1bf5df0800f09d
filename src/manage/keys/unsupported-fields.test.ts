import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideFields } from './unsupported-fields.ts'

const NOTHING = [null, '', [], {}, false]
const names = fc.constantFrom(
  'budget_limits',
  'rpm_limit_type',
  'project_id',
  'guardrails',
  'object_permission',
  'policies',
  'tpd_limit',
  'tag_rpm_limit',
  'mcp_rpm_limit',
  'end_user_budget_id',
  'allowed_model_region',
)

describe('fields that nothing enforces yet', () => {
  test('values that mean nothing pass, in any number of them', () => {
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.constantFrom(...NOTHING)),
        fc.constantFrom('create', 'update'),
        (body, verb) => {
          expect(decideFields(body, verb).verdict).toBe('allow')
        },
      ),
    )
  })

  test('any other value is refused by name, at the top and inside metadata', () => {
    const something = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.integer({ min: 1 }),
      fc.constant(true),
      fc.constant([1]),
      fc.constant({ a: 1 }),
    )
    fc.assert(
      fc.property(names, something, (name, value) => {
        fc.pre(value !== '0')
        for (const body of [{ [name]: value }, { metadata: { [name]: value } }]) {
          const decision = decideFields(body, 'update')
          expect(decision).toMatchObject({
            verdict: 'deny',
            problem: 'param-forbidden',
            say: expect.stringContaining(name),
          })
        }
      }),
    )
  })

  test('zero is a value in a new key and nothing in an update', () => {
    expect(decideFields({ rotation_interval: 0 }, 'create').verdict).toBe('deny')
    expect(decideFields({ rotation_interval: 0, project_id: '0' }, 'update').verdict).toBe('allow')
  })

  test('limits and places of a key are none of them, also when they come inside metadata', () => {
    const body = { max_budget: 0, rpm_limit: 5, team_id: 't', organization_id: 'o', access_group_ids: ['g'] }
    expect(decideFields({ ...body, metadata: body }, 'create').verdict).toBe('allow')
  })

  test('the caller’s own metadata is the caller’s', () => {
    expect(decideFields({ metadata: { app: 'search', spend: 'much', team: 'x' } }, 'create').verdict).toBe('allow')
  })
})
