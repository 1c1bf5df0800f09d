import { expect, test } from 'vitest'
import { chooseSubProtocol, credentialsIn, readSubProtocols, wantsOldEvents } from './sub-protocols.ts'

test.each([
  [undefined, []],
  ['realtime', ['realtime']],
  [' realtime ,, b', ['realtime', 'b']],
])('%j offers %j', (header, offered) => expect(readSubProtocols(header)).toEqual(offered))

test('a credential is what follows its prefix, dots included', () => {
  expect(credentialsIn(['realtime', 'openai-insecure-api-key.a.b.c', 'openai-insecure-api-key.'])).toEqual([
    'a.b.c',
    '',
  ])
})

test.each([
  [[], undefined],
  [['openai-insecure-api-key.sk-a', 'openai-beta.realtime-v1', 'realtime'], 'realtime'],
  [['openai-insecure-api-key.sk-a', 'openai-beta.realtime-v1'], 'openai-beta.realtime-v1'],
  [['openai-insecure-api-key.sk-a'], 'openai-insecure-api-key.sk-a'],
])('%j agrees to %s', (offered, chosen) => expect(chooseSubProtocol(offered)).toBe(chosen))

test('the old events are asked for by name', () => {
  expect(wantsOldEvents(['realtime', 'openai-beta.realtime-v1'])).toBe(true)
  expect(wantsOldEvents(['realtime'])).toBe(false)
})
