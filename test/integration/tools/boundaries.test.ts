import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cruise } from '../../../tools/cruise.ts'
import type { Cruise } from '../../../tools/cruise.ts'
import { LAYERS_PAGE } from '../../../tools/generated-pages.ts'
import { readGenerated } from '../../../tools/generated-part.ts'
import { Fixture, ROOT } from '../../../tools/run-check.ts'

interface Breach {
  readonly rule: string
  readonly from: string
  readonly text: string
}

/** One breach of each rule, in every way in which a module can be asked for. */
const BREACHES: readonly Breach[] = [
  breach('source-needs-only-what-ships', 'src/http/c.ts', "export { default } from 'fast-check'"),
  breach(
    'domain-imports-only-what-it-may',
    'src/domain/a.ts',
    "import type { N } from '../ports/clean.ts'\nexport type M = N",
  ),
  breach('contract-imports-only-what-it-may', 'src/contract/a.ts', "export { n } from '../domain/clean.ts'"),
  breach('ports-imports-only-what-it-may', 'src/ports/a.ts', "export * from '../journey/clean.ts'"),
  breach('journey-imports-only-what-it-may', 'src/journey/a.ts', "export const n = import('../config/clean.ts')"),
  breach('manage-imports-only-what-it-may', 'src/manage/a.ts', "export { n } from '../journey/clean.ts'"),
  breach('config-imports-only-what-it-may', 'src/config/a.ts', "export type { N } from '../ports/clean.ts'"),
  breach('jobs-imports-only-what-it-may', 'src/jobs/a.ts', "export { n } from '../config/clean.ts'"),
  breach('adapters-imports-only-what-it-may', 'src/adapters/x/a.ts', "export { n } from '../../journey/clean.ts'"),
  breach('http-imports-only-what-it-may', 'src/http/a.ts', "export { n } from '../adapters/x/clean.ts'"),
  ...['1-intake', '2-authenticate', '3-identify', '4-authorise', '5-meter', '6-route', '7-provider'].map(
    (stage, i, stages) =>
      breach(
        `${stage}-knows-only-earlier-stages`,
        `src/journey/${stage}/a.ts`,
        `export { n } from '../${stages[i + 1] ?? '8-later'}/clean.ts'`,
      ),
  ),
  breach('stages-do-not-import-the-journey', 'src/journey/1-intake/b.ts', "export { n } from '../clean.ts'"),
  breach('stages-do-not-import-the-journey', 'src/journey/1-intake/c.ts', "export { n } from '../realtime/clean.ts'"),
  breach(
    'rooms-of-one-half-do-not-import-whole-journeys',
    'src/journey/serving/a.ts',
    "export { n } from '../realtime/clean.ts'",
  ),
  breach(
    'core-does-no-io',
    'src/domain/b.ts',
    "import { readFileSync } from 'node:fs'\nexport const read = readFileSync",
  ),
  breach('core-does-no-io', 'src/journey/b.ts', "export type { FastifyInstance } from 'fastify'"),
  // Nothing in it is an adapter's, and yet an adapter is behind it.
  breach('core-never-reaches-the-edge', 'src/domain/c.ts', "export { n } from '../between.ts'"),
  breach('adapters-stand-alone', 'src/adapters/x/b.ts', "export { n } from '../y/clean.ts'"),
  breach('each-driver-has-one-door', 'src/http/b.ts', "export type { Kysely } from 'kysely'"),
  breach('signatures-have-one-door', 'src/journey/2-authenticate/b.ts', "export { compactVerify } from 'jose'"),
  breach('sockets-have-one-door', 'src/http/e.ts', "export { WebSocket } from 'ws'"),
  breach('source-never-imports-tests-or-dev-packages', 'src/d.ts', "export { n } from '../test/clean.ts'"),
  breach('no-cycles', 'src/e.ts', "export { f } from './f.ts'\nexport const e = 1"),
  breach('nothing-unresolved', 'src/g.ts', "export { n } from './absent.ts'"),
]

const CLEAN = [
  ...['domain', 'ports', 'journey', 'journey/realtime', 'config', 'adapters/x', 'adapters/y'].map(
    (layer) => `src/${layer}/clean.ts`,
  ),
  ...['2-authenticate', '3-identify', '4-authorise', '5-meter', '6-route', '7-provider', '8-later'].map(
    (stage) => `src/journey/${stage}/clean.ts`,
  ),
  'test/clean.ts',
]

const fixture = new Fixture(
  new Map([
    ['package.json', '{ "type": "module", "dependencies": { "fastify": "*", "jose": "*", "kysely": "*", "ws": "*" } }'],
    ['tsconfig.json', '{}'],
    ['.dependency-cruiser.cjs', readFileSync(join(ROOT, '.dependency-cruiser.cjs'), 'utf8')],
    ['src/between.ts', "export { n } from './adapters/x/clean.ts'\n"],
    ['src/f.ts', "export { e } from './e.ts'\nexport const f = 1\n"],
    ...CLEAN.map((path): [string, string] => [path, 'export const n = 1\nexport type N = number\n']),
    ...BREACHES.map(({ from, text }): [string, string] => [from, `${text}\n`]),
  ]),
)
afterAll(() => fixture.remove())

describe('the boundaries check', () => {
  let ours: Cruise
  let broken: Cruise

  beforeAll(() => {
    ours = cruise(ROOT)
    broken = cruise(fixture.root)
  })

  test('sees every source file: a check that can pass by seeing nothing is worse than no check', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${name.replaceAll('\\', '/')}`)
    const seen = new Set(ours.modules.map(({ source }) => source))
    expect(files.length).toBeGreaterThan(200)
    expect(files.filter((file) => !seen.has(file))).toEqual([])
  })

  test('sees what the files import, and not only that they are there', () => {
    const compose = ours.modules.find(({ source }) => source === 'src/compose.ts')
    const written = readFileSync(join(ROOT, 'src/compose.ts'), 'utf8').match(/^import .* from '[^']+'$/gm) ?? []
    const asked = new Set(written.map((line) => line.slice(line.indexOf(" from '"))))
    expect(asked.size).toBeGreaterThan(20)
    expect(new Set(compose?.dependencies.map(({ resolved }) => resolved)).size).toBe(asked.size)
  })

  test('sees the layers that docs/journey.md shows (tools/write-docs.ts writes it)', () => {
    expect(readGenerated(readFileSync(LAYERS_PAGE.path, 'utf8'))).toBe(LAYERS_PAGE.part(ours))
  })

  test('finds nothing to object to in our own sources', () => {
    expect(ours.summary.violations).toEqual([])
  })

  test.each(BREACHES)('reports $rule in $from', ({ rule, from }) => {
    const found = broken.summary.violations.filter((violation) => violation.from === from)
    expect(found.map((violation) => violation.rule.name)).toContain(rule)
  })

  test('has a breach here for each of its rules', () => {
    const { forbidden }: { forbidden: readonly { name: string; severity: string }[] } = createRequire(import.meta.url)(
      '../../../.dependency-cruiser.cjs',
    )
    expect(new Set(BREACHES.map(({ rule }) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)))
    expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([])
  })
})

function breach(rule: string, from: string, text: string): Breach {
  return { rule, from, text }
}
