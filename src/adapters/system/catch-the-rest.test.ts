import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const MODULE = new URL('catch-the-rest.ts', import.meta.url).href

/** In a process of its own: this one has a test runner that catches too. */
function run(program: string): { readonly code: number | null; readonly said: string } {
  const script = `import { catchTheRest } from ${JSON.stringify(MODULE)}\n${program}`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return { code: status, said: stdout.trim() }
}

const FAULTS = `
  setTimeout(() => { throw new Error('one') })
  setTimeout(() => void Promise.reject(new Error('two')), 5)`

test('INV-25: a fault and a rejection that nobody caught are told and counted, and end nothing', () => {
  const program = `
    const told = []
    const rest = catchTheRest((fault) => told.push(fault.message))
    ${FAULTS}
    setTimeout(() => console.log(told.join(), rest.count), 50)`
  expect(run(program)).toEqual({ code: 0, said: 'one,two 2' })
})

test('afterwards they end the process again', () => {
  expect(run(`catchTheRest(() => {}).stop(); ${FAULTS}`).code).toBe(1)
})
