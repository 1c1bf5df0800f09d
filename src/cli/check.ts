import { parseArgs } from 'node:util'
import type { Finding } from '../config/finding.ts'
import type { ProcessEnvironment } from '../config/load.ts'
import { renderFindings, sortFindings, summarise } from '../config/render-findings.ts'
import type { Settings } from '../config/settings.ts'
import { CustomValidateProblem, loadCustomValidate } from '../wiring/load-custom-validate.ts'
import { readConfiguration } from '../wiring/read-configuration.ts'
import { checkToken } from './check-token.ts'
import type { TokenReport, TokenTools } from './check-token.ts'
import { renderTokenReport, tokenReportJson } from './render-token-report.ts'

export interface CheckIo {
  readonly env: ProcessEnvironment
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
}

export interface CheckPorts extends CheckIo {
  /** What `--token` needs. */
  readonly tokens: TokenTools
}

const USAGE = `latchkey check FILE [--host H] [--token T] [--json]

Reads a configuration as a start would, prints every finding, and exits with 1 when any of them is an error.
Without FILE, CONFIG_FILE_PATH names it. With --host, as if it were to listen there.

With --token it also says what such a start would make of a token: by which entry it is proven, or why it is refused, and
what it says. T is a file with the token in it, - for standard input, or the token itself, which others on this machine
may then see. The identity provider is asked for its keys. Exits with 1 when the token would be refused. What the token
could do is a question for \`latchkey explain\`.
`

/** `latchkey check`: the arguments after the word, in; the exit code, out. */
export function runCheck(argv: readonly string[], io: CheckPorts): number | Promise<number> {
  const args = parse(argv)
  if (typeof args === 'string') {
    io.writeError(`latchkey: ${args}\n\n${USAGE}`)
    return 2
  }
  if (args.help) {
    io.write(USAGE)
    return 0
  }
  const file = args.file ?? io.env['CONFIG_FILE_PATH']
  if (file === undefined || file === '') {
    io.writeError(`Which file? Name one, or set CONFIG_FILE_PATH.\n\n${USAGE}`)
    return 2
  }
  const cli = args.host === undefined ? {} : { host: args.host }
  const { usable, findings } = readConfiguration({ file, env: io.env, cli })
  if (args.token !== undefined && usable !== undefined)
    return checkWithToken({ file, findings, name: args.token, json: args.json }, usable.settings, io)
  io.write(args.json ? renderJson(file, findings) : renderText(file, findings))
  return usable === undefined ? 1 : 0
}

/** With 1 when the token would be refused, and with 2 when there is nothing to judge. */
async function checkWithToken(
  asked: {
    readonly file: string
    readonly findings: readonly Finding[]
    readonly name: string
    readonly json: boolean
  },
  settings: Settings,
  io: CheckPorts,
): Promise<number> {
  const { file, findings, name, json } = asked
  let text: string
  try {
    text = await io.tokens.readToken(name)
  } catch {
    io.writeError(`The token cannot be read from ${name}.\n`)
    return 2
  }
  let { tokens } = settings
  try {
    if (tokens !== undefined) tokens = await loadCustomValidate(tokens, settings.customValidate)
  } catch (error) {
    if (!(error instanceof CustomValidateProblem)) throw error
    io.writeError(`latchkey: ${error.message}\n`)
    return 1
  }
  const report = await checkToken(text, tokens, io.tokens)
  io.write(json ? renderJson(file, findings, report) : renderText(file, findings) + renderTokenReport(report))
  if (report.is === 'not-a-case') return 2
  return report.is === 'accepted' ? 0 : 1
}

interface CheckArgs {
  readonly file: string | undefined
  readonly host: string | undefined
  readonly token: string | undefined
  readonly json: boolean
  readonly help: boolean
}

/** A text: why these are no arguments. */
function parse(argv: readonly string[]): CheckArgs | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        host: { type: 'string' },
        token: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    const files = values.config === undefined ? positionals : [values.config, ...positionals]
    if (files.length > 1) return `one file at a time: ${files.join(' ')}`
    const { host, token, json = false, help = false } = values
    return { file: files[0], host, token, json, help }
  } catch (error) {
    return error instanceof Error ? error.message : 'the options are not understood.'
  }
}

function renderText(file: string, findings: readonly Finding[]): string {
  const lines = findings.length === 0 ? '' : `${renderFindings(findings)}\n`
  return `${lines}${file}: ${summarise(findings)}\n`
}

function renderJson(file: string, findings: readonly Finding[], report?: TokenReport): string {
  const ok = !findings.some((finding) => finding.severity === 'error')
  const token = report === undefined ? {} : { token: tokenReportJson(report) }
  return `${JSON.stringify({ file, ok, findings: sortFindings(findings), ...token }, undefined, 2)}\n`
}
