import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MASTER_KEY, bearer, startGateway } from '../support/gateway.ts'
import type { Ran } from '../support/run-cli.ts'
import { runCli } from '../support/run-cli.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-verify-'))
const dataDir = join(home, 'data')
afterAll(() => rmSync(home, { recursive: true, force: true }))

function verify(...args: readonly string[]): Promise<Ran> {
  return runCli(['audit', ...args], { env: { LITELLM_MASTER_KEY: MASTER_KEY } })
}

test('A-04: a stopped embedded store is verified, with the checkpoint that its end has left', async () => {
  const gateway = await startGateway({ dataDir })
  for (let i = 0; i < 3; i += 1) {
    const made = await fetch(`${gateway.url}/key/generate`, { method: 'POST', headers: bearer(MASTER_KEY), body: '{}' })
    expect(made.status).toBe(200)
  }
  expect(await verify('verify', '--data-dir', dataDir)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Another process is running on the data directory'),
  })
  await gateway.stop()

  const checkpoints = join(dataDir, 'audit-checkpoints.jsonl')
  expect(statSync(checkpoints).mode & 0o777).toBe(0o600)
  expect(readFileSync(checkpoints, 'utf8').trim().split('\n')).toHaveLength(1)
  const { code, stdout } = await verify('verify', '--data-dir', dataDir)
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^ok {3}3 records, .*\n.*1 checkpoint /),
  })
  const copy = join(home, 'copy.jsonl')
  const heldAgainst = () => verify('verify', '--data-dir', dataDir, '--checkpoints', copy)
  const nothingThere = {
    code: 2,
    stdout: expect.stringMatching(/^ok {3}3 records, /),
    stderr: `latchkey: ${copy} was named, and has nothing to hold the log against.\n`,
  }
  expect(await heldAgainst(), 'a copy that is not there vouches for nothing').toMatchObject(nothingThere)
  writeFileSync(copy, readFileSync(checkpoints, 'utf8').slice(0, 40))
  expect(await heldAgainst(), 'nor does what is left of one').toMatchObject(nothingThere)
  copyFileSync(checkpoints, copy)
  expect(await heldAgainst()).toMatchObject({ code: 0, stderr: '' })

  const again = await startGateway({ dataDir })
  await again.stop()
  expect((await verify('verify', '--data-dir', dataDir)).code).toBe(0)
})

test('looking makes no installation where there is none, and a wrong word is answered with how to ask', async () => {
  const nowhere = join(home, 'nowhere')
  expect(await verify('verify', '--data-dir', nowhere)).toMatchObject({
    code: 2,
    stderr: `latchkey: there is no installation in ${nowhere}. Name its directory with --data-dir.\n`,
  })
  expect(existsSync(nowhere)).toBe(false)
  const wrong = [
    { args: [], says: 'what of the log?' },
    { args: ['verfy'], says: "there is no 'audit verfy'." },
    { args: ['verify', 'more'], says: 'what is more? Files are named by options.' },
    { args: ['verify', '--wrong'], says: "Unknown option '--wrong'" },
  ]
  for (const { args, says } of wrong) {
    const { code, stderr } = await verify(...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`latchkey: ${says}`) })
    expect(stderr).toContain('latchkey audit verify [--config FILE]')
  }
  expect(await verify('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--checkpoints FILE') })
})
