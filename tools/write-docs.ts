import { readFileSync, writeFileSync } from 'node:fs'
import { GENERATED_PAGES } from './generated-pages.ts'
import { replaceGenerated } from './generated-part.ts'

/** Writes what follows from the code into the pages that `generated-pages.ts` names, between their markers. */
for (const { path, part } of GENERATED_PAGES) {
  writeFileSync(path, replaceGenerated(readFileSync(path, 'utf8'), part()))
}
