import { expect, test } from 'vitest'
import { makeTogether } from './together.ts'

test('those who came in one turn take each step together, in the order in which they came; later ones come after them', async () => {
  const together = makeTogether()
  const steps: string[] = []
  const call = async (name: string): Promise<void> => {
    await together()
    steps.push(`${name}1`)
    await Promise.resolve()
    steps.push(`${name}2`)
  }
  const late = Promise.resolve().then(async () => {
    await new Promise(setImmediate)
    await call('late')
  })
  await Promise.all([call('a'), call('b'), call('c'), late])
  expect(steps).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'late1', 'late2'])
})

test('what the turn still brings comes before they go on', async () => {
  const together = makeTogether()
  let isRead = false
  setImmediate(() => {
    isRead = true
  })
  await together()
  expect(isRead).toBe(true)
})

test('one place does not wait for another', async () => {
  const [requests, answers] = [makeTogether(), makeTogether()]
  await Promise.all([requests(), answers(), requests()])
})
