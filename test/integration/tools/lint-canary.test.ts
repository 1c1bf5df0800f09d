import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fixture, ROOT, runCheck } from '../../../tools/run-check.ts'

interface Canary {
  readonly rule: string
  readonly text: string
  readonly in?: string
}

/** One offence each. They stand where the gateway's own code stands, so that no exception made for tests covers them. */
const CANARIES: readonly Canary[] = [
  { rule: 'no-explicit-any', text: 'export const a: any = 1' },
  { rule: 'no-unsafe-type-assertion', text: "export const a = JSON.parse('1') as { b: string }" },
  { rule: 'no-non-null-assertion', text: 'export const first = (list: string[]): string => list[0]!' },
  { rule: 'no-floating-promises', text: 'async function later(): Promise<void> {}\nlater()' },
  {
    rule: 'no-misused-promises',
    text: 'const later = async (): Promise<boolean> => true\nexport const a = later() ? 1 : 2',
  },
  { rule: 'only-throw-error', text: "export function fail(): never {\n  throw 'text'\n}" },
  {
    rule: 'switch-exhaustiveness-check',
    text: "export function say(kind: 'x' | 'y'): number {\n  switch (kind) {\n    case 'x':\n      return 1\n  }\n  return 2\n}",
  },
  { rule: 'no-restricted-properties', text: 'export const now = Date.now()' },
  { rule: 'no-restricted-properties', text: 'export const { now } = Date' },
  { rule: 'no-restricted-properties', text: 'export const chance = Math.random()' },
  { rule: 'no-process-env', text: "export const secret = process.env['SECRET']" },
  { rule: 'no-process-env', text: "export const secret = process.env['SECRET']", in: 'src/config/other.ts' },
  { rule: 'no-restricted-globals', text: "export const answer = fetch('https://example.com')" },
  { rule: 'no-restricted-globals', text: "export const answer = globalThis.fetch('https://example.com')" },
  { rule: 'no-restricted-globals', text: "export const socket = new WebSocket('wss://example.com')" },
  { rule: 'no-console', text: "console.log('x')" },
  { rule: 'no-default-export', text: 'export default 1' },
  { rule: 'no-eval', text: "export const a: unknown = eval('1')" },
  { rule: 'no-eval', text: "export const a: unknown = globalThis.eval('1')" },
  { rule: 'no-new-func', text: "export const a: unknown = new Function('return 1')" },
  { rule: 'no-implied-eval', text: "export const a: unknown = new globalThis.Function('return 1')" },
  { rule: 'no-implied-eval', text: "setTimeout('run()', 1)" },
  { rule: 'no-dynamic-require', text: "const name: string = 'x'\nexport const loaded: unknown = await import(name)" },
  { rule: 'no-restricted-imports', text: "export { spawn } from 'node:child_process'" },
  { rule: 'no-restricted-imports', text: "export const programs: unknown = await import('child_process')" },
  { rule: 'no-restricted-imports', text: "export { runInThisContext } from 'node:vm'" },
  {
    rule: 'no-restricted-imports',
    text: "import { createRequire } from 'node:module'\nexport const load = createRequire",
  },
  { rule: 'max-lines', text: Array.from({ length: 401 }, (_, i) => `export const n${i} = ${i}`).join('\n') },
  { rule: 'filename-case', text: 'export const a = 1', in: 'src/journey/readBody.ts' },
]

/** What the rules forbid everywhere else has one place where it is done. */
const ALLOWED: readonly Canary[] = [
  { rule: 'no-process-env', text: 'export const own = process.env', in: 'src/config/load.ts' },
  { rule: 'no-restricted-properties', text: 'export const now = Date.now()', in: 'src/adapters/system/clock.ts' },
  {
    rule: 'no-unsafe-type-assertion',
    text: "export const id = (raw: string): string & { tag: 'id' } => raw as string & { tag: 'id' }",
    in: 'src/domain/ids.ts',
  },
]

const canaries = CANARIES.map((canary, i) => ({ ...canary, file: canary.in ?? `src/journey/canary-${i}.ts` }))
const allowed = ALLOWED.map((canary) => ({ ...canary, file: canary.in ?? '' }))

const fixture = new Fixture(
  new Map([
    ['package.json', '{ "type": "module" }'],
    ['tsconfig.json', readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')],
    ['.oxlintrc.json', readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')],
    ...[...canaries, ...allowed].map(({ file, text }): [string, string] => [file, `${text}\n`]),
  ]),
)
afterAll(() => fixture.remove())

describe('the lint check', () => {
  let code: number | null
  let reported: readonly { readonly filename: string; readonly code: string }[]

  beforeAll(() => {
    const run = runCheck('lint', fixture.root, ['--format', 'json'])
    code = run.code
    const report: { diagnostics: typeof reported } = JSON.parse(run.stdout)
    reported = report.diagnostics
  })

  test('fails for what it finds', () => {
    expect(code).not.toBe(0)
  })

  test.each(canaries)('reports $rule in $file', ({ rule, file }) => {
    expect(rulesIn(file)).toContain(rule)
  })

  test.each(allowed)('leaves $file its exception from $rule', ({ rule, file }) => {
    expect(rulesIn(file)).not.toContain(rule)
  })

  function rulesIn(file: string): readonly string[] {
    return reported
      .filter(({ filename }) => filename.replaceAll('\\', '/') === file)
      .map(({ code: name }) => name.replace(/^.*\(|\)$/g, ''))
  }
})
