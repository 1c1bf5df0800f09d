import { expect, test } from 'vitest'
import { NOON } from '../../../test/support/entries.ts'
import { epochMs } from '../../domain/ids.ts'
import { GuessLimits } from './guess-limits.ts'

const HERE = '203.0.113.7'

function after(ms: number) {
  return epochMs(NOON + ms)
}

function missed(limits: GuessLimits, address: string | undefined, times: number, ms = 0): number {
  let asked = 0
  for (let n = 0; n < times; n += 1) {
    if (limits.ask(address, after(ms)) !== 'may-ask') continue
    asked += 1
    limits.answered(address, 'missed', after(ms))
  }
  return asked
}

test('K-14: an address may miss 30 times in a minute', () => {
  const limits = new GuessLimits()
  expect(missed(limits, HERE, 40)).toBe(30)
  expect(limits.ask(HERE, after(59_999))).toBe('address-at-limit')
  expect(limits.ask('203.0.113.8', after(0))).toBe('may-ask')
  expect(limits.ask(HERE, after(60_000))).toBe('may-ask')
})

test('keys that are found, and errors of the store, count against nobody', () => {
  const limits = new GuessLimits()
  for (let n = 0; n < 1_000; n += 1) {
    expect(limits.ask(HERE, NOON)).toBe('may-ask')
    limits.answered(HERE, n % 2 === 0 ? 'found' : 'failed', NOON)
  }
})

test('K-14: the store is asked about 200 unknown keys a second, those under way included', () => {
  const limits = new GuessLimits()
  const verdicts = Array.from({ length: 300 }, (_, n) => limits.ask(`203.0.113.${n}`, NOON))
  expect(verdicts.filter((verdict) => verdict === 'may-ask')).toHaveLength(200)
  expect(verdicts.at(-1)).toBe('all-at-limit')
  expect(limits.ask(HERE, after(1_000))).toBe('may-ask')
})

test('addresses of one IPv6 network are one sender, and other networks are others', () => {
  const limits = new GuessLimits()
  expect(missed(limits, '2001:db8:0:1::1', 20)).toBe(20)
  expect(missed(limits, '2001:db8:0:1:ffff::2', 20)).toBe(10)
  expect(missed(limits, '2001:db8::1:0:0:0:3', 20, 1_000)).toBe(0)
  expect(missed(limits, '2001:db8:0:2::1', 20, 1_000)).toBe(20)
})

test('this machine has no limit of its own', () => {
  const limits = new GuessLimits()
  for (const address of ['127.0.0.1', '::1', undefined]) expect(missed(limits, address, 60)).toBe(60)
})

test('addresses without end take no memory without end, and forget the oldest first', () => {
  const limits = new GuessLimits()
  expect(missed(limits, HERE, 30)).toBe(30)
  for (let n = 0; n < 10_100; n += 1) missed(limits, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1, n * 5)
  expect(limits.ask(HERE, after(50_500))).toBe('may-ask')
})
