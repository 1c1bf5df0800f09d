import { expect, test } from 'vitest'
import { Lane } from './lane.ts'

class Source {
  readonly said: string[] = []
  pause(): void {
    this.said.push('pause')
  }
  resume(): void {
    this.said.push('resume')
  }
}

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, passed: promise }
}

test('messages are handled one at a time, in their order', async () => {
  const log: string[] = []
  const gates = [gate(), gate()]
  const lane = new Lane(new Source(), async (text) => {
    log.push(`begin ${text}`)
    await gates[Number(text)]?.passed
    log.push(`end ${text}`)
  })
  lane.take('0')
  lane.take('1')
  gates[1]?.open()
  gates[0]?.open()
  await lane.idle()
  expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1'])
})

test('N-37: who speaks faster than it is heard waits, and goes on afterwards', async () => {
  const source = new Source()
  const first = gate()
  const lane = new Lane(source, () => first.passed)
  lane.take('x'.repeat(200_000))
  expect(source.said).toEqual([])
  lane.take('x'.repeat(200_000))
  expect(source.said).toEqual(['pause'])
  first.open()
  await lane.idle()
  expect(source.said).toEqual(['pause', 'resume'])
})

test('N-38: while the other side is full nothing more is read', async () => {
  const source = new Source()
  const lane = new Lane(source, async () => lane.hold())
  lane.take('a')
  await lane.idle()
  expect(source.said).toEqual(['pause'])
  lane.free()
  expect(source.said).toEqual(['pause', 'resume'])
})

test('what waits when it stops is not handled, and what is being handled is waited for', async () => {
  const log: string[] = []
  const first = gate()
  const lane = new Lane(new Source(), async (text) => {
    await first.passed
    log.push(text)
  })
  lane.take('a')
  lane.take('b')
  const stopped = lane.stop().then(() => log.push('stopped'))
  lane.take('c')
  first.open()
  await stopped
  expect(log).toEqual(['a', 'stopped'])
})
