import { expect, test } from 'vitest'
import { parseServeArgs } from './serve-args.ts'

test.each([
  ['--telemetry', 'False'],
  ['--telemetry'],
  ['--num_workers', '4'],
  ['--detailed_debug'],
  ['--debug'],
  ['--use_prisma_migrate'],
  ['--use_prisma_db_push'],
  ['--use_v2_migration_resolver'],
  ['--enforce_prisma_migration_check'],
  ['--run_gunicorn'],
  ['--run_hypercorn'],
  ['--run_granian'],
  ['--loop', 'uvloop'],
  ['--keepalive_timeout', '75'],
  ['--timeout_worker_healthcheck', '5'],
  ['--max_requests_before_restart', '1000'],
  ['--log_config', 'log.conf'],
  ['--drop_params'],
  ['--local'],
  ['--reload'],
  ['--use_queue'],
  ['--version'],
  ['-v'],
  ['--port=8000'],
  ['--num-workers', '2'],
  ['--data_dir', 'd'],
])('the start script that says %s %s goes on working', (...argv) => {
  expect(parseServeArgs(argv)).toMatchObject({ ok: true })
})

test.each([
  ['--model', 'gpt-4o'],
  ['--alias', 'x'],
  ['--api_base', 'http://x'],
  ['--api_version', '1'],
  ['--headers', '{}'],
  ['--temperature', '0.1'],
  ['--max_tokens', '10'],
  ['--request_timeout', '600'],
  ['--max_budget', '10'],
  ['--save'],
  ['--add_key', 'X=y'],
  ['--add_function_to_prompt'],
  ['--iam_token_db_auth'],
  ['--skip_server_startup'],
  ['--ssl_keyfile_path', 'a'],
  ['--ssl_certfile_path', 'b'],
  ['--ciphers', 'c'],
  ['--health'],
  ['--test'],
  ['--test_async'],
  ['--num_requests', '5'],
])('%s %s would change something, and is refused with what to do instead', (...argv) => {
  expect(parseServeArgs(argv)).toMatchObject({
    ok: false,
    flaw: expect.stringContaining(`'${argv[0]}' is not offered: `),
  })
})

test.each([
  { argv: ['--prot', '4000'], flaw: "unknown option '--prot'; see --help" },
  { argv: ['config.yaml'], flaw: "unknown option 'config.yaml'; see --help" },
  { argv: ['--config'], flaw: "option '--config' needs a value" },
  { argv: ['--config', ''], flaw: "option '--config' needs a value" },
  { argv: ['--host='], flaw: "option '--host' needs a value" },
  { argv: ['--data-dir', ''], flaw: "option '--data-dir' needs a value" },
  { argv: ['--port', '70000'], flaw: "'--port' must be a number from 0 to 65535" },
  { argv: ['--num_workers', '0'], flaw: "'--num_workers' must be a whole number above 0" },
])('$argv is a mistake', ({ argv, flaw }) => {
  expect(parseServeArgs(argv)).toEqual({ ok: false, flaw })
})
