import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadYaml, told } from '../../test/support/load-yaml.ts'
import { loadSettings } from './load.ts'

const model = (name: string): string => `  - {model_name: ${name}, litellm_params: {model: openai/${name}}}\n`

describe('include', () => {
  test('joins lists in the order of the files, and a later member of a map wins, which is said', () => {
    const loaded = loadYaml(
      `include: [b.yaml, c.yaml]\nmodel_list:\n${model('a')}router_settings: {num_retries: 1, timeout: 5}\n`,
      {
        files: {
          'b.yaml': `model_list:\n${model('b')}`,
          'c.yaml': `model_list:\n${model('c')}router_settings: {num_retries: 9}\n`,
        },
      },
    )
    expect(loaded.settings?.models.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(loaded.settings?.router).toMatchObject({ numRetries: 9, timeoutMs: 5000 })
    expect(told(loaded, 'note')).toEqual(['4 router_settings.num_retries Replaced by c.yaml:3.'])
  })

  test('findings carry the name and the line of the included file', () => {
    const loaded = loadYaml('include: [b.yaml]\n', { files: { 'b.yaml': '\n\nmodel_lst: []\n' } })
    expect(told(loaded, 'error')).toEqual(['b.yaml:3 model_lst There is no such setting. Did you mean model_list?'])
  })

  test('a file that includes itself by a detour is refused at the line that does', () => {
    const loaded = loadYaml('include: [b.yaml]\n', { files: { 'b.yaml': 'include:\n  - config.yaml\n' } })
    expect(told(loaded, 'error')[0]).toMatch(/^b\.yaml:2 include\[0\] This file is included twice/)
  })

  test('a missing file is refused at the line that names it', () => {
    expect(told(loadYaml('include:\n  - gone.yaml\n'), 'error')[0]).toMatch(
      /^2 include\[0\] There is no such file.*Names in `include` begin in the folder of the main file\.$/,
    )
  })

  test('anything but a list of names is refused', () => {
    expect(told(loadYaml('include: b.yaml\n'), 'error')[0]).toContain('Expected a list of file names')
    expect(told(loadYaml('include: [3]\n'), 'error')[0]).toContain('Expected a file name')
  })
})

describe('files on disk', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const load = (file: string, env: Record<string, string> = {}) =>
    loadSettings({ file: join(folder, file), env, cli: {} })

  test('include is relative to the main file', () => {
    mkdirSync(join(folder, 'models'))
    writeFileSync(join(folder, 'main.yaml'), 'include: [models/a.yaml]\n')
    writeFileSync(join(folder, 'models', 'a.yaml'), `model_list:\n${model('a')}`)
    expect(load('main.yaml').settings?.models).toHaveLength(1)
  })

  test.each([
    { name: 'a missing file', write: () => undefined, says: 'There is no such file.' },
    { name: 'a directory', write: (path: string) => mkdirSync(path), says: 'This is a directory' },
    {
      name: 'bytes that are no text',
      write: (path: string) => writeFileSync(path, Buffer.from([0x61, 0xff])),
      says: 'not UTF-8',
    },
    {
      name: 'a file of more than 1 MiB',
      write: (path: string) => writeFileSync(path, ' '.repeat(1_048_577)),
      says: '1 MiB',
    },
    { name: 'a file that is a list', write: (path: string) => writeFileSync(path, '- a\n'), says: 'must be a map' },
  ])('$name is refused in words', ({ write, says }) => {
    write(join(folder, 'main.yaml'))
    const { settings, findings } = load('main.yaml')
    expect(settings).toBeUndefined()
    expect(findings.map(({ message }) => message).join()).toContain(says)
  })

  test.runIf(process.platform !== 'win32')('a pipe is read to its end, as a shell makes one of `<(…)`', () => {
    const pipe = join(folder, 'main.yaml')
    execFileSync('mkfifo', [pipe])
    writeFileSync(join(folder, 'written.yaml'), `model_list:\n${model('a')}`)
    spawn('/bin/sh', ['-c', 'cat written.yaml > main.yaml'], { cwd: folder })
    expect(load('main.yaml').settings?.models).toHaveLength(1)
  })

  test('an empty file is a warning, and every default counts', () => {
    writeFileSync(join(folder, 'main.yaml'), '# nothing\n')
    const { settings, findings } = load('main.yaml')
    expect(settings?.listen).toEqual({ host: '127.0.0.1', port: 4000 })
    expect(findings.map(({ severity }) => severity)).toEqual(['warning'])
  })

  test('CONFIG_FILE_PATH names the file where no argument does', () => {
    writeFileSync(join(folder, 'main.yaml'), `model_list:\n${model('a')}`)
    const env = { CONFIG_FILE_PATH: join(folder, 'main.yaml') }
    expect(loadSettings({ env, cli: {} }).settings?.models).toHaveLength(1)
  })
})
