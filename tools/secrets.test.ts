import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { findSecrets } from './find-secrets.ts'
import { ROOT } from './run-check.ts'

/** Not in the repository: made, fetched or kept by git itself. */
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.latchkey', 'coverage', 'results'])

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesIn(path)
    else if (entry.isFile() && entry.name !== '.env') yield path
  }
}

test('P-04 no file holds what looks like the key of a provider or a platform', () => {
  const files = [...filesIn(ROOT)]
  expect(files.length).toBeGreaterThan(300)
  const found = files.flatMap((path) =>
    findSecrets(readFileSync(path, 'utf8')).map((owner) => `${relative(ROOT, path)}: ${owner}`),
  )
  expect(found).toEqual([])
})

// Put together here, so that this file is not what it looks for.
const letters = 'aB3dE6gH9kLmN2pQ5sTuV8xYz1'.repeat(8)
test.each([
  ['OpenAI', `sk-proj-${letters.slice(0, 48)}`],
  ['OpenAI, older', `sk-${letters.slice(0, 20)}T3Blbk${'FJ'}${letters.slice(0, 20)}`],
  ['Anthropic', `sk-ant-${'api03'}-${letters.slice(0, 95)}`],
  ['OpenRouter', `sk-or-${'v1'}-${'0123456789abcdef'.repeat(4)}`],
  ['Google', `AI${'za'}${letters.slice(0, 35)}`],
  ['Groq', `gsk${'_'}${letters.slice(0, 52)}`],
  ['xAI', `xai${'-'}${letters.slice(0, 80)}`],
  ['AWS', `AKI${'A'}${'QRST2345'.repeat(2)}`],
  ['GitHub', `gh${'p_'}${letters.slice(0, 36)}`],
  ['npm', `npm${'_'}${letters.slice(0, 36)}`],
  ['a private key', `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${letters.slice(0, 64)}\n`],
])('the search would find a key of %s', (owner, key) => {
  expect(findSecrets(`const key = '${key}'`)).toEqual([owner])
})

test('the search lets pass what tests and documents write', () => {
  for (const text of [
    'sk-…',
    'sk-1234',
    'sk-lkk1_abcdefghij',
    'os.environ/OPENAI_API_KEY',
    'AIza',
    'ghp_xxx',
    `sk-proj-${'A'.repeat(48)}`,
  ])
    expect(findSecrets(text)).toEqual([])
})
