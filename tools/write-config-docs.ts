import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeKeys } from '../src/config/describe-keys.ts'

/** Writes the tables of keys into docs/configuration.md, between its two markers. Run it after changing a table. */
const path = join(import.meta.dirname, '../docs/configuration.md')
const [before, rest] = readFileSync(path, 'utf8').split('<!-- keys: begin -->')
const after = rest?.split('<!-- keys: end -->')[1]
if (before === undefined || after === undefined) throw new Error(`the markers are missing in ${path}`)
writeFileSync(path, `${before}<!-- keys: begin -->\n${describeKeys()}\n<!-- keys: end -->${after}`)
