import { expect } from 'vitest'
import { CHAT, chat } from '../../serving/support/rig.ts'
import type { Rig } from '../../serving/support/rig.ts'

/** Some 0.0002 dollars, with 100 words of answer. */
export const CALL = chat('metered', { max_tokens: 100 })
/** Pays for about six of them. */
export const LITTLE = 0.001

interface UsedUp {
  readonly passed: number
  readonly message: string
  readonly headers: Headers
}

/** How many calls pass, and what the first refusal says. */
export async function useUp(
  { post }: Pick<Rig, 'post'>,
  key: string | undefined,
  call: object = CALL,
  error: object = { type: 'budget_exceeded', param: null, code: '429' },
): Promise<UsedUp> {
  for (let passed = 0; passed < 12; passed += 1) {
    const { status, text, headers } = await post(CHAT, call, key === undefined ? {} : { key })
    if (status === 200) continue
    const body: { readonly error: { readonly message: string } } = JSON.parse(text)
    expect([status, body.error]).toEqual([429, expect.objectContaining(error)])
    return { passed, message: body.error.message, headers }
  }
  return { passed: 12, message: '', headers: new Headers() }
}

/** Between the fewest and the most calls that so little pays for. */
export function expectFew({ passed }: UsedUp): void {
  expect(passed).toBeGreaterThanOrEqual(4)
  expect(passed).toBeLessThanOrEqual(7)
}
