import { readFileSync, writeFileSync } from 'node:fs'
import { cruise } from './cruise.ts'
import { GENERATED_PAGES, LAYERS_PAGE } from './generated-pages.ts'
import { replaceGenerated } from './generated-part.ts'
import { ROOT } from './run-check.ts'

/** Writes what follows from the code into the pages that `generated-pages.ts` names, between their markers. */
const layers = { path: LAYERS_PAGE.path, part: () => LAYERS_PAGE.part(cruise(ROOT)) }
for (const { path, part } of [...GENERATED_PAGES, layers]) {
  writeFileSync(path, replaceGenerated(readFileSync(path, 'utf8'), part()))
}
