import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runServe } from './serve.ts'

test('--version says which one this is, and starts nothing', async () => {
  const written: string[] = []
  const io = {
    env: {},
    write: (text: string) => void written.push(text),
    writeError: (text: string) => void written.push(text),
  }
  expect(await runServe(['--version'], io)).toBe(0)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(written.join('')).toMatch(new RegExp(`^latchkey ${version}, as LiteLLM \\d`))
})
