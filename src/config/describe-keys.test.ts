import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeKeys } from './describe-keys.ts'

test('docs/configuration.md holds exactly the tables that the keys make (tools/write-config-docs.ts writes them)', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
  const tables = docs.split('<!-- keys: begin -->\n')[1]?.split('\n<!-- keys: end -->')[0]
  expect(tables).toBe(describeKeys())
})
