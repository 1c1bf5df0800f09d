import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { epochMs, parseDeploymentId } from '../../domain/ids.ts'
import { ANY_CHARACTER } from '../../../test/support/any-character.ts'
import { makeEntry, NOON } from '../../../test/support/entries.ts'
import { callLog } from './call-log.ts'
import { openLog } from './operator-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-call-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0

interface OpenedLog {
  readonly observer: ReturnType<typeof callLog>
  readonly text: () => string
  /** What is there of itself: what is on its way while somebody flushes may come after what is flushed. */
  readonly arrived: () => string
}

function open(level: string): OpenedLog {
  files += 1
  const path = join(folder, `${files}.log`)
  const log = openLog(level, { now: () => epochMs(1_700_000_000_123) }, openSync(path, 'a'))
  return {
    observer: callLog(log),
    text: () => {
      log.flush()
      return readFileSync(path, 'utf8')
    },
    arrived: () => readFileSync(path, 'utf8'),
  }
}

function readLines(text: string): readonly unknown[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => {
    const value: unknown = JSON.parse(line)
    return value
  })
}

function linesOf(level: string, write: (observer: OpenedLog['observer']) => void): readonly unknown[] {
  const { observer, text } = open(level)
  write(observer)
  return readLines(text())
}

it('writes ASCII, so that no name turns a terminal round', () => {
  const { observer, text } = open('info')
  const entry = makeEntry(7, { modelGroup: 'wild/\u202e日本\u0085\u001b[2J' })
  observer.finished(entry, entry.startedAt)
  expect(text()).toMatch(/^[\u0020-\u007e]*\n$/)
})

it('writes one line of JSON for a call, whatever people call their models', async () => {
  const { observer, arrived } = open('info')
  const deploymentId = parseDeploymentId(String.raw`a "quoted" \ name`)
  const names = fc.sample(fc.tuple(fc.string({ unit: ANY_CHARACTER }), fc.string()), 200)
  const entries = names.map(([modelGroup, callId]) => makeEntry(7, { modelGroup, callId, deploymentId }))
  for (const entry of entries) observer.finished(entry, entry.startedAt)
  await expect.poll(() => readLines(arrived()).length, { timeout: 20_000 }).toBe(entries.length)
  expect(readLines(arrived())).toEqual(
    entries.map(({ entryId, modelGroup, callId }) => ({
      level: 30,
      time: '2023-11-14T22:13:20.123Z',
      call_id: callId,
      entry_id: entryId,
      call_type: 'acompletion',
      payer: '000000000000',
      model_group: modelGroup,
      deployment: deploymentId,
      status: 200,
      outcome: 'success',
      input_tokens: 10,
      output_tokens: 5,
      usage_from: 'upstream',
      cost_usd: '0.0000135',
      pricing: 'priced',
      ms: 800,
      retries: 0,
      msg: 'call',
    })),
  )
})

it('names the class of a failure and a call that was cut short', () => {
  const entry = makeEntry(8, {
    payer: { kind: 'master' },
    status: 'failure',
    cutShort: true,
    errorClass: 'Timeout',
    httpStatus: 408,
    deploymentId: undefined,
  })
  const [line] = linesOf('info', (observer) => observer.finished(entry, entry.startedAt))
  expect(line).toMatchObject({ payer: 'master', outcome: 'cut-short', error_class: 'Timeout', status: 408 })
  expect(line).not.toHaveProperty('deployment')
})

it('keeps still above its level', () => {
  expect(linesOf('warn', (observer) => observer.finished(makeEntry(9), NOON))).toEqual([])
})

it('keeps the order of what calls and what people are told', () => {
  const { observer, text } = open('info')
  const entry = makeEntry(7, {})
  const denied = { verdict: 'deny', because: 'key_expired', problem: 'key-expired' } as const
  observer.finished(entry, entry.startedAt)
  observer.refused(denied, { callId: 'second', route: '/', status: 401 })
  observer.finished(entry, entry.startedAt)
  expect(readLines(text())).toMatchObject([{ msg: 'call' }, { msg: 'refused', call_id: 'second' }, { msg: 'call' }])
})
