#!/usr/bin/env node
import { runAudit } from './cli/audit.ts'
import { runCheck } from './cli/check.ts'
import { runExplain } from './cli/explain/explain.ts'
import { runServe } from './cli/serve.ts'
import { readToken, tokenTools } from './cli/token-tools.ts'
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

switch (command) {
  case 'serve':
    process.exitCode = await runServe(rest, io)
    break
  case 'check':
    process.exitCode = await runCheck(rest, { ...io, tokens: tokenTools(io.writeError) })
    break
  case 'explain':
    process.exitCode = await runExplain(rest, { ...io, readText: readToken })
    break
  case 'audit':
    process.exitCode = await runAudit(rest, io)
    break
  case 'help':
  case '--help':
  case '-h':
    io.write(HELP)
    break
  default:
    // The LiteLLM CLI takes its flags without a command.
    if (command.startsWith('-')) {
      process.exitCode = await runServe([command, ...rest], io)
    } else {
      io.writeError(`latchkey: there is no command '${command}'.\n\n${HELP}`)
      process.exitCode = 2
    }
}
