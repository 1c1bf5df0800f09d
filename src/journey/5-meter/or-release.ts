import type { CallBudget } from './call-budget.ts'

/** Nothing was sent yet: when this step fails, nothing needs to be held for the call any more. */
export async function orRelease<Answer>(step: Promise<Answer>, budget: CallBudget | undefined): Promise<Answer> {
  try {
    return await step
  } catch (error) {
    await budget?.release()
    throw error
  }
}
