// One digest over everything that the build reads, so that `npm start` builds once and only after a change.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const hash = createHash('sha256')
const files = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
for (const file of [...files, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
  hash.update(file).update('\0').update(readFileSync(file)).update('\0')
}
process.stdout.write(hash.digest('hex'))
