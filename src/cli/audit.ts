import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkpointFile, readCheckpoints } from '../adapters/checkpoints/checkpoint-file.ts'
import { openProcessLog } from '../adapters/log/operator-log.ts'
import { chained } from '../adapters/sql/audit-chain.ts'
import type { Store } from '../adapters/sql/open-store.ts'
import { StoreProblem } from '../adapters/sql/store-problem.ts'
import { clock } from '../adapters/system/clock.ts'
import { renderFindings } from '../config/render-findings.ts'
import type { Settings } from '../config/settings.ts'
import { verifyAudit } from '../manage/audit/verify-audit.ts'
import { openGatewayStore } from '../wiring/open-gateway-store.ts'
import { readConfiguration } from '../wiring/read-configuration.ts'
import type { CheckIo } from './check.ts'
import { renderVerdict } from './render-verdict.ts'

const USAGE = `latchkey audit verify [--config FILE] [--data-dir D] [--checkpoints FILE]

Walks the audit log from its first record to its last, and says whether every record is as it was written. Exits with 0
when it is, with 1 when it is not, and with 2 when that could not be found out.

  --config FILE       as at \`serve\`; CONFIG_FILE_PATH says the same, and DATABASE_URL names a PostgreSQL server
  --data-dir D        as at \`serve\`
  --checkpoints FILE  a copy of audit-checkpoints.jsonl that was kept elsewhere; default: the one in the data directory
`

const NOT_FOUND_OUT = 2

/** `latchkey audit verify`: the arguments after `audit`, in; the exit code, out. */
export async function runAudit(argv: readonly string[], io: CheckIo): Promise<number> {
  const args = parse(argv)
  if (typeof args === 'string') {
    io.writeError(`latchkey: ${args}\n\n${USAGE}`)
    return NOT_FOUND_OUT
  }
  if (args.help) {
    io.write(USAGE)
    return 0
  }
  const { usable, findings } = readConfiguration({
    ...(args.config === undefined ? {} : { file: args.config }),
    env: io.env,
    cli: args.dataDir === undefined ? {} : { dataDir: args.dataDir },
  })
  if (usable === undefined) {
    io.writeError(`${renderFindings(findings)}\nlatchkey: the configuration has errors, so the store is not opened.\n`)
    return NOT_FOUND_OUT
  }
  return verifyConfigured(usable.settings, args.checkpoints, io)
}

async function verifyConfigured(settings: Settings, copy: string | undefined, io: CheckIo): Promise<number> {
  const { dataDir, databaseUrl } = settings
  // Looking must not make an installation where there is none.
  if (databaseUrl === undefined && !existsSync(join(dataDir, 'installation'))) {
    io.writeError(`latchkey: there is no installation in ${dataDir}. Name its directory with --data-dir.\n`)
    return NOT_FOUND_OUT
  }
  const log = openProcessLog('error', clock)
  try {
    const store = await openGatewayStore(settings, log)
    try {
      return await verify(store, dataDir, copy, io)
    } finally {
      await store.close()
    }
  } catch (error) {
    if (!(error instanceof StoreProblem)) log.logger.error({ err: error }, 'verification failed')
    const say = error instanceof StoreProblem ? error.message : 'the verification failed; the log says where.'
    io.writeError(`latchkey: ${say}\n`)
    return NOT_FOUND_OUT
  }
}

async function verify(store: Store, dataDir: string, copy: string | undefined, io: CheckIo): Promise<number> {
  const path = copy ?? checkpointFile(dataDir)
  const read = await readCheckpoints(path, dataDir, store.installation.id)
  const verdict = await verifyAudit(store.audit, chained, read?.checkpoints ?? [])
  const { text, isWhole } = renderVerdict(verdict, path, read)
  io.write(text)
  if (!isWhole) return 1
  if (copy === undefined || (read?.checkpoints.length ?? 0) > 0) return 0
  io.writeError(`latchkey: ${copy} was named, and has nothing to hold the log against.\n`)
  return NOT_FOUND_OUT
}

interface AuditArgs {
  readonly config: string | undefined
  readonly dataDir: string | undefined
  readonly checkpoints: string | undefined
  readonly help: boolean
}

/** A text: why these are no arguments. */
function parse(argv: readonly string[]): AuditArgs | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string', short: 'c' },
        'data-dir': { type: 'string' },
        checkpoints: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    const help = values.help ?? false
    const [verb, ...more] = positionals
    if (!help && verb !== 'verify') return verb === undefined ? 'what of the log?' : `there is no 'audit ${verb}'.`
    if (!help && more.length > 0) return `what is ${more.join(' ')}? Files are named by options.`
    return { config: values.config, dataDir: values['data-dir'], checkpoints: values.checkpoints, help }
  } catch (error) {
    return error instanceof Error ? error.message : 'the options are not understood.'
  }
}
