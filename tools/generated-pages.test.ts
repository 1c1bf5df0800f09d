import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { expect, test } from 'vitest'
import { describeAccess, strayNotes } from './describe-access.ts'
import { describeLayers } from './describe-layers.ts'
import { GENERATED_PAGES } from './generated-pages.ts'
import { readGenerated, replaceGenerated } from './generated-part.ts'
import { ROOT } from './run-check.ts'

test.each(GENERATED_PAGES.map(({ path, part }) => ({ name: relative(ROOT, path), path, part })))(
  '$name says what the code says (tools/write-docs.ts writes it)',
  ({ path, part }) => {
    expect(readGenerated(readFileSync(path, 'utf8'))).toBe(part())
  },
)

test('what people wrote around a generated part stays as it is', () => {
  const page = '# Title\n\n<!-- generated: begin -->\nold\n<!-- generated: end -->\n\nmore\n'
  const written = replaceGenerated(page, 'new\nlines')
  expect(written).toBe('# Title\n\n<!-- generated: begin -->\nnew\nlines\n<!-- generated: end -->\n\nmore\n')
  expect(readGenerated(written)).toBe('new\nlines')
})

test('a page without its markers is not written over', () => {
  expect(() => replaceGenerated('# Title\n', 'new')).toThrow('markers')
})

test('the diagram shows layers and leaves single files, tests and packages out', () => {
  const modules = [
    { source: 'src/http/a.ts', dependencies: [{ resolved: 'src/journey/b.ts' }, { resolved: 'src/http/c.ts' }] },
    { source: 'src/http/d.ts', dependencies: [{ resolved: 'src/journey/e.ts' }, { resolved: 'node_modules/x/i.js' }] },
    { source: 'src/http/a.test.ts', dependencies: [{ resolved: 'src/adapters/x/f.ts' }] },
    { source: 'src/compose.ts', dependencies: [{ resolved: 'src/http/a.ts' }, { resolved: 'src/level-of-work.ts' }] },
    { source: 'src/cli/serve.ts', dependencies: [{ resolved: 'src/compose.ts' }, { resolved: 'src/config/g.ts' }] },
  ]
  expect(
    describeLayers({ modules, summary: { violations: [] } })
      .split('\n')
      .slice(2, -1),
  ).toEqual(['  http --> journey', '  wiring --> config', '  wiring --> http'])
})

test('the table of access shows both spellings of a path once, and each right with its note', () => {
  const lines = describeAccess().split('\n')
  const keyInfo = '| key-read | GET `/key/info`, `/key/list`, `/key/aliases`; POST `/v2/key/info` | reads |'
  expect(lines).toContain(`${keyInfo} A | V | O | T | SM | S | S 7 | S 7 | S | – |`)
  expect(lines.find((line) => line.startsWith('| model-list |'))).toContain(
    'GET `[/v1]/models`, `[/v1]/models/{model}`',
  )
  expect(lines.find((line) => line.startsWith('| organization-read |'))).toContain('GET POST `/organization/info`')
})

test('each note on access belongs to a right, and each right has its note', () => {
  expect(strayNotes()).toEqual([])
})
