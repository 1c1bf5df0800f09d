import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { expect, test } from 'vitest'
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
