import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

interface Cruise {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: { readonly violations: readonly { readonly rule: { readonly name: string } }[] }
}

function cruise(folder: string): Cruise {
  const args = [CRUISER, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src']
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore']
  const options = { cwd: folder, encoding: 'utf8' as const, maxBuffer: 1 << 28, stdio }
  try {
    return JSON.parse(execFileSync(process.execPath, args, options)) as Cruise
  } catch (error) {
    // It exits with the number of violations and prints the same report.
    return JSON.parse((error as { stdout: string }).stdout) as Cruise
  }
}

const fixture = mkdtempSync(join(ROOT, 'node_modules', '.boundaries-'))
afterAll(() => rmSync(fixture, { recursive: true, force: true }))

test('the rules see every source file: a check that can pass by seeing nothing is no check', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((name) => String(name).endsWith('.ts'))
  const seen = new Set(cruise(ROOT).modules.map((module) => module.source))
  expect(files.filter((name) => !seen.has(join('src', String(name))))).toEqual([])
})

test('each rule bites', () => {
  const files: Record<string, string> = {
    'src/domain/a.ts': "import { b } from '../ports/b.ts'\nexport const a = b\n",
    'src/ports/b.ts': "import { readFileSync } from 'node:fs'\nexport const b = readFileSync\n",
    'src/journey/1-intake/c.ts': "import { d } from '../2-authenticate/d.ts'\nexport const c = d\n",
    'src/journey/2-authenticate/d.ts': "import { j } from '../journey.ts'\nexport const d = j\n",
    'src/journey/journey.ts': 'export const j = 1\n',
    'src/journey/3-identify/e.ts': "import { x } from '../../adapters/x/x.ts'\nexport const e = x\n",
    'src/adapters/x/x.ts': "import { y } from '../y/y.ts'\nexport const x = y\n",
    'src/adapters/y/y.ts': "export const y = 1\nimport './nowhere.ts'\n",
    'src/http/h.ts': "import { x } from '../adapters/x/x.ts'\nexport const h = x\n",
    'src/config/m.ts': "import { n } from './n.ts'\nexport const m = n\n",
    'src/config/n.ts': "import { m } from './m.ts'\nexport const n = m\n",
  }
  for (const [name, text] of Object.entries({ ...files, 'tsconfig.json': '{}', 'package.json': '{}' })) {
    mkdirSync(dirname(join(fixture, name)), { recursive: true })
    writeFileSync(join(fixture, name), text)
  }
  const broken = new Set(cruise(fixture).summary.violations.map((violation) => violation.rule.name))
  expect([...broken]).toEqual(
    expect.arrayContaining([
      'domain-imports-only-what-it-may',
      'core-does-no-io',
      '1-intake-knows-only-earlier-stages',
      'stages-do-not-import-the-journey',
      'core-never-reaches-the-edge',
      'adapters-stand-alone',
      'http-imports-only-what-it-may',
      'no-cycles',
      'nothing-unresolved',
    ]),
  )
})

const CANARY = `
export default 1
export const a: any = Date.now()
export const b = Math.random()
export const c = process.env['X']
export const d = fetch
console.log(a)
export const e = JSON.parse('1') as { f: string }
eval('1')
new Function('1')
async function g(): Promise<void> {}
g()
export function h(kind: 'x' | 'y'): number {
  switch (kind) {
    case 'x':
      return 1
  }
  return 2
}
`

test('the rules that matter still bite', () => {
  const folder = mkdtempSync(join(ROOT, 'src', 'canary-'))
  try {
    writeFileSync(join(folder, 'canary.ts'), CANARY)
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--type-aware', folder],
      { cwd: ROOT, encoding: 'utf8' },
    )
    for (const rule of [
      'no-default-export',
      'no-explicit-any',
      'no-restricted-properties',
      'no-process-env',
      'no-restricted-globals',
      'no-console',
      'no-unsafe-type-assertion',
      'no-eval',
      'no-new-func',
      'no-floating-promises',
      'switch-exhaustiveness-check',
    ]) {
      expect(stdout).toContain(rule)
    }
    expect(stdout.match(/no-restricted-properties/g)).toHaveLength(2)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
