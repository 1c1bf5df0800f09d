#!/usr/bin/env node
import { readProcessEnvironment } from './config/load.ts'

const HELP = `latchkey: an identity-first AI gateway

  latchkey serve [--config FILE] [--port N] [--host H] [--data-dir D]   run the gateway
  latchkey check FILE [--host H] [--token T] [--json]                   say what is wrong with a configuration, or a token
  latchkey explain ROUTE [--user U] [--model M] […]                     say what would become of a call, and why
  latchkey audit verify [--config FILE] [--data-dir D]                  say whether the audit log is as it was written

Run a command with --help for its options.
`

const [command = 'serve', ...rest] = process.argv.slice(2)
const io = {
  env: readProcessEnvironment(),
  write: (text: string) => void process.stdout.write(text),
  writeError: (text: string) => void process.stderr.write(text),
}

/** Whoever reads along may leave; that is no reason to end. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

type Run = (argv: readonly string[]) => Promise<number>

const LAST_WORDS_MS = 2_000

const serve: Run = async (argv) => {
  const code = await (await import('./cli/serve.ts')).runServe(argv, io)
  // Nothing is left to do but to tell, and perhaps nobody listens.
  setTimeout(() => process.exit(), LAST_WORDS_MS).unref()
  return code
}

/** Each is loaded when it is asked for. */
const COMMANDS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['serve', serve],
  [
    'check',
    async (argv) => {
      const [{ runCheck }, { tokenTools }] = await Promise.all([
        import('./cli/check.ts'),
        import('./cli/token-tools.ts'),
      ])
      return runCheck(argv, { ...io, tokens: tokenTools(io.writeError) })
    },
  ],
  [
    'explain',
    async (argv) => {
      const [{ runExplain }, { readToken }] = await Promise.all([
        import('./cli/explain/explain.ts'),
        import('./cli/token-tools.ts'),
      ])
      return runExplain(argv, { ...io, readText: readToken })
    },
  ],
  ['audit', async (argv) => (await import('./cli/audit.ts')).runAudit(argv, io)],
])

const run = COMMANDS.get(command)
if (run !== undefined) {
  process.exitCode = await run(rest)
} else if (['help', '--help', '-h'].includes(command)) {
  io.write(HELP)
} else if (command.startsWith('-')) {
  // The LiteLLM CLI takes its flags without a command.
  process.exitCode = await serve([command, ...rest])
} else {
  io.writeError(`latchkey: there is no command '${command}'.\n\n${HELP}`)
  process.exitCode = 2
}
