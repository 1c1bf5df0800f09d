import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { LineWriter } from './line-writer.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-lines-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

test('lines arrive once and in order, whether they are passed on or flushed', async () => {
  const path = join(home, 'whole')
  const writer = new LineWriter(openSync(path, 'a'))
  writer.add('1\n')
  writer.add('2\n')
  writer.pass()
  await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe('1\n2\n'))
  writer.add('3\n')
  writer.flush()
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n3\n')
  writer.flush()
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n3\n')
})

describe.runIf(process.platform === 'linux')('F-11: what takes nothing', () => {
  test('holds nobody up, not even at the end', () => {
    for (const end of [openSync('/dev/full', 'w'), openPipe('unread')]) {
      const writer = new LineWriter(end)
      writer.add(`${'x'.repeat(200_000)}\n`)
      writer.pass()
      writer.flush()
      writer.flush()
      closeSync(end)
    }
  })

  test('is given what waited as soon as it takes something again', async () => {
    const end = openPipe('slow')
    const writer = new LineWriter(end)
    const text = Array.from({ length: 50_000 }, (_, n) => `${n}\n`).join('')
    writer.add(text)
    writer.pass()
    let read = ''
    const chunk = Buffer.alloc(65_536)
    await vi.waitFor(() => {
      read += chunk.toString('utf8', 0, readSync(end, chunk))
      expect(read).toHaveLength(text.length)
    })
    expect(read).toBe(text)
    closeSync(end)
  })

  test('costs a bounded memory, and what is dropped is counted', () => {
    const writer = new LineWriter(openSync('/dev/full', 'w'))
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`
    for (let n = 0; n < 10; n += 1) writer.add(line)
    writer.add('a\nb\n')
    expect(writer.dropped).toBe(4)
  })
})

/** Both ends of one, which waits for nobody. */
function openPipe(name: string): number {
  const path = join(home, name)
  execFileSync('mkfifo', [path])
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
}
