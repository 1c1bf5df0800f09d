import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../support/entries.ts'
import { runProcess } from '../../support/run-process.ts'
import { openEmbedded } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

let template: string
let home: string
let dataDir: string

/** Opening a fresh database takes seconds: one is made, with a key in it, and copied. */
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'latchkey-template-'))
  const { store } = await openEmbedded({ dataDir: join(template, 'data') })
  await writeRows(store, ({ keys }) => keys.insert(makeKey(1, { alias: 'kept' })))
  await store.close()
})
afterAll(() => rmSync(template, { recursive: true, force: true }))
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-start-'))
  dataDir = join(home, 'data')
  cpSync(join(template, 'data'), dataDir, { recursive: true, preserveTimestamps: true })
  chmodSync(dataDir, 0o700)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function isKeyThere(): Promise<boolean> {
  const { store } = await openEmbedded({ dataDir })
  const found = await store.directory.findKey(digestOf(1), NOON)
  await store.close()
  return found?.key.alias === 'kept'
}

/** Also checks that a refusal changes nothing: what is left may be what a restore needs. */
async function refusal(): Promise<{ code: unknown; sentence: string }> {
  const before = filesOfDatabase()
  const outcome = await openEmbedded({ dataDir }).then(
    () => new Error('it started'),
    (error: unknown) => error,
  )
  expect(filesOfDatabase()).toEqual(before)
  if (!(outcome instanceof Error)) return { code: outcome, sentence: '' }
  return { code: 'code' in outcome ? outcome.code : outcome.message, sentence: outcome.message }
}

function filesOfDatabase(): readonly string[] | undefined {
  const pgdata = join(dataDir, 'pgdata')
  return existsSync(pgdata) ? readdirSync(pgdata).filter((name) => name !== 'postmaster.pid') : undefined
}

/** Of ordinary tables and indexes; the catalogue's have smaller numbers. */
function tableFiles(): readonly string[] {
  const base = join(dataDir, 'pgdata', 'base')
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d{5,}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('C-11: the embedded database', () => {
  test('keeps what was written, and its directory is closed to other users', async () => {
    expect(await isKeyThere()).toBe(true)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'pgdata')).mode & 0o777).toBe(0o700)
  })

  test('refuses a second process on its directory, in this process or another', async () => {
    const { store } = await openEmbedded({ dataDir })
    const inside = await refusal()
    expect(inside).toMatchObject({ code: 'in-use' })
    expect(inside.sentence).toContain(dataDir)
    const child = runProcess('hold-store.ts', dataDir)
    await expect(child.hasWritten(1)).rejects.toThrow('Another process is running on the data directory')
    await store.close()
  })

  test('is not stopped by what a killed process left, and has all that it had committed', async () => {
    const child = runProcess('hold-store.ts', dataDir)
    await child.hasWritten(1)
    expect(await refusal()).toMatchObject({ code: 'in-use' })
    await child.kill()
    expect(await isKeyThere()).toBe(true)
  })

  test.each([
    { name: 'missing', damage: () => rmSync(join(dataDir, 'pgdata'), { recursive: true }) },
    {
      name: 'empty',
      damage: () => {
        rmSync(join(dataDir, 'pgdata'), { recursive: true })
        mkdirSync(join(dataDir, 'pgdata'))
      },
    },
    { name: 'without its control file', damage: () => rmSync(join(dataDir, 'pgdata', 'global', 'pg_control')) },
    { name: 'without its version', damage: () => rmSync(join(dataDir, 'pgdata', 'PG_VERSION')) },
    { name: 'of garbage', damage: () => writeFileSync(join(dataDir, 'pgdata', 'global', 'pg_control'), 'garbage') },
    {
      name: 'without its log',
      damage: () => {
        rmSync(join(dataDir, 'pgdata', 'pg_wal'), { recursive: true })
        mkdirSync(join(dataDir, 'pgdata', 'pg_wal'))
      },
    },
  ])('$name where one was in use refuses to start, and never becomes a fresh installation', async ({ damage }) => {
    damage()
    expect(await refusal()).toMatchObject({ code: 'damaged' })
    expect(await refusal()).toMatchObject({ code: 'damaged' })
  })

  test('whose tables are cut off is refused as damaged, and nothing is called a fault of ours', async () => {
    for (const name of tableFiles()) truncateSync(name)
    expect(await refusal()).toMatchObject({ code: 'damaged' })
  })

  test('with a lock that is none of ours says what to do with it', async () => {
    writeFileSync(join(dataDir, 'lock'), 'not a lock of ours, and longer than a page header would be')
    const { code, sentence } = await refusal()
    expect(code).toBe('damaged')
    expect(sentence).toContain('remove it')
  })

  test('cannot be made where a file is, or below one, and the sentence names the place', async () => {
    const file = join(home, 'file')
    writeFileSync(file, '')
    for (const place of [file, join(file, 'below')]) {
      const opened = openEmbedded({ dataDir: place })
      await expect(opened).rejects.toMatchObject({ code: 'unusable', message: expect.stringContaining(place) })
    }
  })

  test.runIf(process.platform === 'linux').each([
    ['/proc/x', 'nothing can be made there'],
    ['/proc/self/x/y', 'nothing can be made there'],
    ['/proc/self/fd', 'nothing can be made there'],
  ])('%s cannot be one, and that is told at once: %s', async (place, why) => {
    const opened = openEmbedded({ dataDir: place })
    await expect(opened).rejects.toMatchObject({ code: 'unusable', message: expect.stringContaining(why) })
  })

  test('writes its trial through no link', async () => {
    const precious = join(home, 'precious')
    writeFileSync(precious, 'kept')
    symlinkSync(precious, join(dataDir, '.latchkey-probe'))
    const { store } = await openEmbedded({ dataDir })
    await store.close()
    expect(readFileSync(precious, 'utf8')).toBe('kept')
  })

  test('leaves nothing of the trial that it can be written', async () => {
    const { store } = await openEmbedded({ dataDir })
    expect(readdirSync(dataDir)).not.toContain('.latchkey-probe')
    await store.close()
  })

  test('of another installation is refused', async () => {
    const other = join(home, 'other')
    const { store } = await openEmbedded({ dataDir: other })
    await store.close()
    rmSync(join(dataDir, 'pgdata'), { recursive: true })
    renameSync(join(other, 'pgdata'), join(dataDir, 'pgdata'))
    expect(await refusal()).toMatchObject({ code: 'damaged' })
  })

  test('without the mark of a finished set-up is refused, with what to do', async () => {
    rmSync(join(dataDir, 'installation'))
    const { code, sentence } = await refusal()
    expect(code).toBe('unfinished')
    expect(sentence).toContain('Restore that file from a backup, or move')
  })

  test('whose first set-up was interrupted starts over, as nothing was served from it', async () => {
    renameSync(join(dataDir, 'installation'), join(dataDir, 'installing'))
    rmSync(join(dataDir, 'pgdata', 'base'), { recursive: true })
    expect(await isKeyThere()).toBe(false)
    expect(existsSync(join(dataDir, 'installation'))).toBe(true)
    expect(existsSync(join(dataDir, 'installing'))).toBe(false)
  })

  test('closes a directory of its own that others could read, and refuses one that holds other things', async () => {
    chmodSync(dataDir, 0o755)
    expect(await isKeyThere()).toBe(true)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    chmodSync(dataDir, 0o755)
    writeFileSync(join(dataDir, 'thesis.txt'), '')
    expect(await refusal()).toMatchObject({ code: 'not-private' })
    expect(statSync(dataDir).mode & 0o777).toBe(0o755)
  })
})
