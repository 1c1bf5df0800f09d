import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './run-check.ts'

const contracts = readdirSync(join(ROOT, 'src/ports')).filter((name) => name.endsWith('.contract.ts'))

const tests = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
)

test('there are contracts to keep', () => {
  expect(contracts).toEqual(
    expect.arrayContaining(['directory.contract.ts', 'ledger.contract.ts', 'registry.contract.ts']),
  )
})

describe.each(contracts)('%s', (contract) => {
  const text = readFileSync(join(ROOT, 'src/ports', contract), 'utf8')
  const suites = [...text.matchAll(/^export function (describe\w+)\(/gm)].flatMap((match) => match[1] ?? [])

  test('stands beside the port that it is about', () => {
    expect(readdirSync(join(ROOT, 'src/ports'))).toContain(contract.replace('.contract.ts', '.ts'))
    expect(suites.length).toBeGreaterThan(0)
  })

  test.each(suites)('%s is kept on both real databases', (suite) => {
    const calls = new RegExp(`^\\s*${suite}\\(`, 'm')
    const keepers = tests.filter(({ text: test }) => calls.test(test) && test.includes(contract))
    const stores = ['open: openEmbedded', 'open: openServer']
    expect(
      keepers.some(
        ({ path, text: test }) => path.startsWith('test/integration/') && stores.every((open) => test.includes(open)),
      ),
    ).toBe(true)
  })
})

test('no contract suite is skipped, in whole or in part', () => {
  for (const contract of contracts) {
    const text = readFileSync(join(ROOT, 'src/ports', contract), 'utf8')
    expect(text).not.toMatch(/\.(?:skip|todo|only|skipIf|runIf)\b/)
  }
})
