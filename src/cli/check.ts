import { parseArgs } from 'node:util'
import type { Finding } from '../config/finding.ts'
import type { ProcessEnvironment } from '../config/load.ts'
import { renderFindings, sortFindings, summarise } from '../config/render-findings.ts'
import { readConfiguration } from '../read-configuration.ts'

export interface CheckIo {
  readonly env: ProcessEnvironment
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
}

const USAGE = `latchkey check FILE [--host H] [--json]

Reads a configuration as a start would, prints every finding, and exits with 1 when any of them is an error.
Without FILE, CONFIG_FILE_PATH names it. With --host, as if it were to listen there.
`

/** `latchkey check`: the arguments after the word, in; the exit code, out. */
export function runCheck(argv: readonly string[], io: CheckIo): number {
  const args = parse(argv)
  if (args === undefined || args.help) {
    if (args === undefined) io.writeError(USAGE)
    else io.write(USAGE)
    return args === undefined ? 2 : 0
  }
  const file = args.file ?? io.env['CONFIG_FILE_PATH']
  if (file === undefined || file === '') {
    io.writeError(`Which file? Name one, or set CONFIG_FILE_PATH.\n\n${USAGE}`)
    return 2
  }
  const cli = args.host === undefined ? {} : { host: args.host }
  const { usable, findings } = readConfiguration({ file, env: io.env, cli })
  io.write(args.json ? renderJson(file, findings) : renderText(file, findings))
  return usable === undefined ? 1 : 0
}

interface CheckArgs {
  readonly file: string | undefined
  readonly host: string | undefined
  readonly json: boolean
  readonly help: boolean
}

function parse(argv: readonly string[]): CheckArgs | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        host: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    const files = values.config === undefined ? positionals : [values.config, ...positionals]
    if (files.length > 1) return undefined
    return { file: files[0], host: values.host, json: values.json ?? false, help: values.help ?? false }
  } catch {
    return undefined
  }
}

function renderText(file: string, findings: readonly Finding[]): string {
  const lines = findings.length === 0 ? '' : `${renderFindings(findings)}\n`
  return `${lines}${file}: ${summarise(findings)}\n`
}

function renderJson(file: string, findings: readonly Finding[]): string {
  const ok = !findings.some((finding) => finding.severity === 'error')
  return `${JSON.stringify({ file, ok, findings: sortFindings(findings) }, undefined, 2)}\n`
}
