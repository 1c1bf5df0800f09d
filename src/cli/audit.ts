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
import { openGatewayStore } from '../open-gateway-store.ts'
import { readConfiguration } from '../read-configuration.ts'
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
  if (args === undefined || args.help) {
    if (args === undefined) io.writeError(USAGE)
    else io.write(USAGE)
    return args === undefined ? NOT_FOUND_OUT : 0
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
      return await verify(store, dataDir, copy ?? checkpointFile(dataDir), io)
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

async function verify(store: Store, dataDir: string, path: string, io: CheckIo): Promise<number> {
  const read = await readCheckpoints(path, dataDir, store.installation.id)
  const verdict = await verifyAudit(store.audit, chained, read?.checkpoints ?? [])
  const { text, isWhole } = renderVerdict(verdict, path, read)
  io.write(text)
  return isWhole ? 0 : 1
}

interface AuditArgs {
  readonly config: string | undefined
  readonly dataDir: string | undefined
  readonly checkpoints: string | undefined
  readonly help: boolean
}

function parse(argv: readonly string[]): AuditArgs | undefined {
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
    if (!help && (positionals.length !== 1 || positionals[0] !== 'verify')) return undefined
    return { config: values.config, dataDir: values['data-dir'], checkpoints: values.checkpoints, help }
  } catch {
    return undefined
  }
}
