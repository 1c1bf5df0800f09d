import { describe, expect, test } from 'vitest'
import { EgressGuard } from './egress-guard.ts'

const CLOSED = new EgressGuard([])
const OPEN = new EgressGuard([
  { kind: 'network', address: '10.1.0.0', prefix: 16, family: 'ipv4', port: 8000 },
  { kind: 'network', address: '127.0.0.0', prefix: 8, family: 'ipv4', port: undefined },
  { kind: 'network', address: '::1', prefix: 128, family: 'ipv6', port: undefined },
  { kind: 'network', address: '0.0.0.0', prefix: 0, family: 'ipv4', port: 80 },
  { kind: 'host', name: 'vllm.internal', port: 8000 },
])

describe('N-23: without a word of the operator', () => {
  test.each([
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://100.64.0.1/',
    'https://127.0.0.1/',
    'https://169.254.0.9/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:0:1::]/',
    'https://[fd12::1]/',
    'https://[fe80::1]/',
    'https://localhost/',
    'https://api.localhost./',
    'http://example.com/',
    'http://8.8.8.8/',
    'https://user@example.com/',
    'https://example.com/#x',
    'ftp://example.com/',
    'https://metadata.google.internal/',
    'https://169.254.169.254/',
    'https://[fd00:ec2::254]/',
    'nothing',
  ])('%s is refused', (url) => {
    expect(CLOSED.judge(url)).toEqual(expect.any(String))
  })

  test.each(['https://example.com/v1', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/', 'https://11.0.0.1/'])(
    '%s is not',
    (url) => {
      expect(CLOSED.judge(url)).toBeUndefined()
    },
  )
})

describe('what the operator lists', () => {
  test.each(['http://10.1.2.3:8000/v1', 'http://vllm.internal:8000', 'http://127.0.0.1:4/', 'http://localhost:9/'])(
    'lets %s pass',
    (url) => {
      expect(OPEN.judge(url)).toBeUndefined()
    },
  )

  test.each(['http://10.1.2.3:8001/', 'http://10.2.0.1:8000/', 'http://vllm.internal/', 'http://x.vllm.internal:8000'])(
    'does not let %s pass',
    (url) => {
      expect(OPEN.judge(url)).toEqual(expect.any(String))
    },
  )

  test.each(['http://169.254.169.254/', 'http://168.63.129.16/', 'http://100.100.100.200/'])(
    'never holds %s',
    (url) => {
      expect(OPEN.judge(url)).toContain('metadata')
    },
  )
})

describe('N-22: a name is judged by the addresses that are connected to', () => {
  function lookUp(guard: EgressGuard, all: boolean): Promise<unknown> {
    return new Promise((resolve) => {
      guard.lookupFor(8443)('localhost', { all }, (error, address) => resolve(error ?? address))
    })
  }

  test.each([true, false])('and refused when one of them is private (all: %s)', async (all) => {
    expect(await lookUp(CLOSED, all)).toMatchObject({ code: 'EGRESS_REFUSED' })
  })

  test('and given back when the operator allows them', async () => {
    expect(await lookUp(OPEN, false)).toMatch(/^(?:127\.|::1$)/)
    expect(await lookUp(OPEN, true)).toEqual(
      expect.arrayContaining([expect.objectContaining({ address: expect.any(String) })]),
    )
  })
})
