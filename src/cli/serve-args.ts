/** The flags of `serve`, those of the LiteLLM CLI included, so that start scripts go on working. */
export interface ServeArgs {
  readonly config: string | undefined
  readonly port: number | undefined
  readonly host: string | undefined
  readonly dataDir: string | undefined
  readonly numWorkers: number | undefined
  readonly debug: boolean
  readonly help: boolean
  readonly version: boolean
  readonly benchLevel: string | undefined
  /** Accepted flags that change nothing here, each with why. */
  readonly notes: readonly string[]
}

export type ParsedArgs = { readonly ok: true; readonly args: ServeArgs } | { readonly ok: false; readonly flaw: string }

interface Flag {
  /** `maybe`: a value may follow, unless it looks like the next option. */
  readonly takes: 'text' | 'nothing' | 'maybe'
  /** Set: the flag is accepted and does nothing, for this reason. */
  readonly moot?: string
  /** Set: the flag asks for something that is not there. */
  readonly refused?: string
}

const ELSEWHERE = 'configure it in the file given with --config'
const CURL = 'send a request with curl instead'
const NO_TLS = 'put a TLS proxy in front'
const MIGRATIONS = 'migrations always run, under a lock'

const FLAGS: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['--config', { takes: 'text' }],
  ['-c', { takes: 'text' }],
  ['--port', { takes: 'text' }],
  ['--host', { takes: 'text' }],
  ['--data-dir', { takes: 'text' }],
  ['--num_workers', { takes: 'text' }],
  ['--bench-level', { takes: 'text' }],
  ['--debug', { takes: 'nothing' }],
  ['--detailed_debug', { takes: 'nothing' }],
  ['--help', { takes: 'nothing' }],
  ['-h', { takes: 'nothing' }],
  ['--version', { takes: 'nothing' }],
  ['-v', { takes: 'nothing' }],
  ['--telemetry', { takes: 'maybe', moot: 'no telemetry is ever sent' }],
  ['--use_prisma_migrate', { takes: 'nothing', moot: MIGRATIONS }],
  ['--use_prisma_db_push', { takes: 'nothing', moot: MIGRATIONS }],
  ['--use_v2_migration_resolver', { takes: 'nothing', moot: MIGRATIONS }],
  ['--enforce_prisma_migration_check', { takes: 'nothing', moot: 'a failed migration always stops the start' }],
  ['--skip_server_startup', { takes: 'nothing', refused: 'there is no start without serving' }],
  ['--run_gunicorn', { takes: 'nothing', moot: 'there is one server' }],
  ['--run_hypercorn', { takes: 'nothing', moot: 'there is one server' }],
  ['--run_granian', { takes: 'nothing', moot: 'there is one server' }],
  ['--loop', { takes: 'text', moot: 'there is one event loop' }],
  ['--keepalive_timeout', { takes: 'text', moot: 'connections are kept for 65 s' }],
  ['--timeout_worker_healthcheck', { takes: 'text', moot: 'there are no worker processes to watch' }],
  ['--max_requests_before_restart', { takes: 'text', moot: 'memory stays flat, so nothing is restarted' }],
  ['--drop_params', { takes: 'nothing', moot: 'parameters are passed on as they are' }],
  ['--add_function_to_prompt', { takes: 'nothing', refused: 'prompts are never rewritten' }],
  ['--local', { takes: 'nothing', moot: 'there is no debugging build' }],
  ['--reload', { takes: 'nothing', moot: 'the built program does not change while it runs' }],
  ['--use_queue', { takes: 'nothing', moot: 'requests are not queued' }],
  ['--log_config', { takes: 'text', moot: 'logs are JSON lines on standard error' }],
  ['--save', { takes: 'nothing', refused: ELSEWHERE }],
  ['--add_key', { takes: 'text', refused: 'put the keys of providers into the environment' }],
  ['--iam_token_db_auth', { takes: 'nothing', refused: 'set DATABASE_URL with its password' }],
  ['--model', { takes: 'text', refused: ELSEWHERE }],
  ['-m', { takes: 'text', refused: ELSEWHERE }],
  ['--alias', { takes: 'text', refused: ELSEWHERE }],
  ['--api_base', { takes: 'text', refused: ELSEWHERE }],
  ['--api_version', { takes: 'text', refused: ELSEWHERE }],
  ['--temperature', { takes: 'text', refused: ELSEWHERE }],
  ['--max_tokens', { takes: 'text', refused: ELSEWHERE }],
  ['--request_timeout', { takes: 'text', refused: ELSEWHERE }],
  ['--max_budget', { takes: 'text', refused: ELSEWHERE }],
  ['--headers', { takes: 'text', refused: ELSEWHERE }],
  ['--ssl_keyfile_path', { takes: 'text', refused: NO_TLS }],
  ['--ssl_certfile_path', { takes: 'text', refused: NO_TLS }],
  ['--ciphers', { takes: 'text', refused: NO_TLS }],
  ['--test', { takes: 'nothing', refused: CURL }],
  ['--test_async', { takes: 'nothing', refused: CURL }],
  ['--num_requests', { takes: 'text', refused: CURL }],
  ['--health', { takes: 'nothing', refused: 'ask GET /health/readiness' }],
])

export function parseServeArgs(argv: readonly string[]): ParsedArgs {
  const values = new Map<string, string>()
  const notes: string[] = []
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? ''
    const equals = word.indexOf('=')
    const written = equals === -1 ? word : word.slice(0, equals)
    const name = canonical(written)
    const flag = FLAGS.get(name)
    if (flag === undefined) return { ok: false, flaw: `unknown option '${written}'; see --help` }
    let value = equals === -1 ? undefined : word.slice(equals + 1)
    if (value === undefined && takesNext(flag, argv[i + 1])) value = argv[(i += 1)]
    if (flag.takes === 'text' && (value ?? '') === '') return { ok: false, flaw: `option '${written}' needs a value` }
    if (flag.refused !== undefined) return { ok: false, flaw: `option '${written}' is not offered: ${flag.refused}` }
    if (flag.moot !== undefined) notes.push(`${written}: accepted, changes nothing: ${flag.moot}`)
    values.set(name, value ?? 'true')
  }
  const port = values.get('--port')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    return { ok: false, flaw: `'--port' must be a number from 0 to 65535` }
  const workers = values.get('--num_workers')
  if (workers !== undefined && !/^[1-9]\d{0,3}$/.test(workers))
    return { ok: false, flaw: `'--num_workers' must be a whole number above 0` }
  return {
    ok: true,
    args: {
      config: values.get('--config') ?? values.get('-c'),
      port: port === undefined ? undefined : Number(port),
      host: values.get('--host'),
      dataDir: values.get('--data-dir'),
      numWorkers: workers === undefined ? undefined : Number(workers),
      debug: values.has('--debug') || values.has('--detailed_debug'),
      help: values.has('--help') || values.has('-h'),
      version: values.has('--version') || values.has('-v'),
      benchLevel: values.get('--bench-level'),
      notes,
    },
  }
}

function takesNext({ takes }: Flag, next: string | undefined): boolean {
  return takes === 'text' || (takes === 'maybe' && next !== undefined && !next.startsWith('-'))
}

/** `--data_dir` and `--num-workers` mean what they say. */
function canonical(name: string): string {
  if (FLAGS.has(name)) return name
  const snake = `--${name.slice(2).replaceAll('-', '_')}`
  return FLAGS.has(snake) ? snake : name === '--data_dir' ? '--data-dir' : name
}
