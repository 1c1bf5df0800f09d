import { expect, test, vi } from 'vitest'
import { StoreProblem } from '../adapters/sql/store-problem.ts'
import { awaitStore } from './await-store.ts'

const AWAY = new StoreProblem('unreachable', 'The database at db:5432 can’t be reached (ECONNREFUSED).')

test('AC-134: a database that is not there yet is waited for, which is said once', async () => {
  const open = vi.fn().mockRejectedValueOnce(AWAY).mockRejectedValueOnce(AWAY).mockResolvedValue('the store')
  const said: string[] = []
  expect(await awaitStore(open, (sentence) => said.push(sentence), 1)).toBe('the store')
  expect(said).toEqual([`${AWAY.message} Trying again until it can.`])
})

test.each([new StoreProblem('refused-login', 'no'), new StoreProblem('damaged', 'no'), new Error('a fault')])(
  'what waiting does not mend ends the start: %s',
  async (problem) => {
    const open = vi.fn().mockRejectedValue(problem)
    await expect(awaitStore(open, () => undefined, 1)).rejects.toBe(problem)
    expect(open).toHaveBeenCalledOnce()
  },
)
