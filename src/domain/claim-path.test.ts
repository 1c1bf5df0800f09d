import { expect, test } from 'vitest'
import { parseClaimPath } from './claim-path.ts'

test.each([
  { text: 'sub', path: ['sub'] },
  { text: 'user.sub', path: ['user', 'sub'] },
  { text: 'kubernetes\\.io.namespace', path: ['kubernetes.io', 'namespace'] },
  { text: 'https://x\\.org/groups', path: ['https://x.org/groups'] },
  { text: 'a\\b', path: ['a\\b'] },
  { text: 'roles.0', path: ['roles', '0'] },
  { text: 'roles[0]', path: ['roles[0]'] },
  { text: 'metadata.team', path: ['metadata', 'team'] },
  { text: 'a.b.c.d.e.f.g.h', path: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] },
])('AT-064, AT-065, D-35: $text is read as $path', ({ text, path }) => {
  expect(parseClaimPath(text)).toEqual(path)
})

test.each(['', '.', 'a.', '.a', 'a..b', '__proto__', 'a.constructor', 'prototype.b', 'a.b.c.d.e.f.g.h.i'])(
  'AC-033: %j leads nowhere',
  (text) => {
    expect(parseClaimPath(text)).toBeUndefined()
  },
)
