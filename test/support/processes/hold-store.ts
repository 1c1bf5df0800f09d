/** Opens the embedded store in `argv[2]`, says so, and keeps it open until it is killed. */
import { openEmbedded } from '../stores.ts'

const [, , dataDir = ''] = process.argv
await openEmbedded({ dataDir })
process.stdout.write('open\n')
