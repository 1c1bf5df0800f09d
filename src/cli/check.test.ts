import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCheck } from './check.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function check(argv: readonly string[], env: Record<string, string> = {}) {
  let out = ''
  let err = ''
  const write = (text: string): void => void (out += text)
  const writeError = (text: string): void => void (err += text)
  return { code: runCheck(argv, { env, write, writeError }), out, err }
}

function file(text: string): string {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, text)
  return path
}

test('a good file exits with 0 and a summary', () => {
  const path = file('model_list:\n  - {model_name: m, litellm_params: {model: openai/m}}\n')
  expect(check([path])).toEqual({ code: 0, out: `${path}: no errors, no warnings, no notes\n`, err: '' })
})

test('a wrong file exits with 1, and says where', () => {
  const path = file('model_lst: []\n')
  const { code, out } = check([path])
  expect(code).toBe(1)
  expect(out).toBe(
    `${path}:1:1 error model_lst: There is no such setting. Did you mean model_list?\n${path}: 1 error, no warnings, no notes\n`,
  )
})

test('warnings alone do not fail', () => {
  const path = file('router_settings: {num_retries: os.environ/GONE}\n')
  expect(check([path]).code).toBe(0)
})

test('--json gives the findings to machines', () => {
  const path = file('model_lst: []\n')
  const { code, out } = check(['--json', path])
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    file: path,
    ok: false,
    findings: [{ severity: 'error', line: 1, key: 'model_lst' }],
  })
})

test('a missing file is a finding', () => {
  const { code, out } = check([join(folder, 'gone.yaml')])
  expect(code).toBe(1)
  expect(out).toContain('There is no such file.')
})

test('the file may come from --config or CONFIG_FILE_PATH', () => {
  const path = file('model_list: []\n')
  expect(check(['--config', path]).code).toBe(0)
  expect(check([], { CONFIG_FILE_PATH: path }).code).toBe(0)
})

test.each([{ argv: [] }, { argv: ['a', 'b'] }, { argv: ['--wrong'] }])(
  '$argv exits with 2 and says how to ask',
  ({ argv }) => {
    const { code, out, err } = check(argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('latchkey check FILE')
  },
)
