import { expect, test } from 'vitest'
import type { Round } from './measure.ts'
import type { Measured } from './summarise.ts'
import { medianOf, summarise } from './summarise.ts'

function round(cpuUsPerRequest: number, p50: number): Round {
  const latency = { p50, p99: 2 * p50 }
  return {
    wakingCpuUsPerRequest: 2 * cpuUsPerRequest,
    cpuUsPerRequest,
    storeUsPerRequest: 0,
    pacedCpuUsPerRequest: cpuUsPerRequest,
    pacedStoreUsPerRequest: 0,
    requestsPerSecond: 1,
    busyLatencyUs: latency,
    calmLatencyUs: latency,
    cpuUsPerStream: cpuUsPerRequest,
    firstByteUs: latency,
    rssMib: 100,
  }
}

function measured(rounds: readonly Round[], soakRssMib: readonly number[] = []): Measured {
  return {
    level: 'L1',
    rounds,
    openStreams: { idleMib: 100, openMib: 130, closedMib: 110 },
    soakRssMib,
    firstSeenUs: undefined,
  }
}

test('the bare forwarder is 1.00 of itself and adds nothing', () => {
  const bare = measured([round(50, 100), round(90, 300)])
  expect(summarise(bare, bare)).toMatchObject({ cpuRatio: 1, addedP50Us: 0, addedP99Us: 0, openStreamsMib: 30 })
})

test('a level is held against the bare forwarder of the same round, so that a slow moment favours nobody', () => {
  const bare = measured([round(50, 100), round(100, 200), round(50, 100)])
  const level = measured([round(75, 150), round(150, 250), round(80, 150)])
  expect(summarise(level, bare)).toMatchObject({ cpuRatio: 1.5, cpuRatioLow: 1.5, cpuRatioHigh: 1.6, addedP50Us: 50 })
})

test('the calmest rounds are held against each other, whichever they were', () => {
  const bare = measured([round(90, 100), round(50, 100)])
  const level = measured([round(80, 100), round(300, 100)])
  expect(summarise(level, bare).cpuRatioCalmest).toBe(1.6)
})

test('the first requests after a pause are told apart', () => {
  const level = measured([{ ...round(75, 100), wakingCpuUsPerRequest: 200 }])
  expect(summarise(level, measured([round(50, 100)]))).toMatchObject({ cpuRatio: 1.5, wakingCpuRatio: 2 })
})

test('what everybody takes at one pace is told apart from what each takes flat out', () => {
  const level = measured([{ ...round(150, 100), pacedCpuUsPerRequest: 60 }])
  expect(summarise(level, measured([round(50, 100)]))).toMatchObject({ cpuRatio: 3, pacedCpuRatio: 1.2 })
})

test('what the thread of an embedded store takes is told apart', () => {
  const level = measured([{ ...round(150, 100), storeUsPerRequest: 50, pacedStoreUsPerRequest: 60 }])
  const summary = summarise(level, measured([round(50, 100)]))
  expect(summary).toMatchObject({ cpuRatio: 3, storeUsPerRequest: 50, ownCpuRatio: 2 })
  expect(summary).toMatchObject({ pacedCpuRatio: 3, pacedStoreUsPerRequest: 60, pacedOwnCpuRatio: 1.8 })
})

test('the growth in a soak is that of its second half', () => {
  const bare = measured([round(50, 100)])
  expect(summarise(measured([round(50, 100)], [100, 180, 200, 201, 203]), bare).soakGrowthMib).toBe(3)
  expect(summarise(bare, bare).soakGrowthMib).toBeUndefined()
})

test.each([
  { values: [3, 1, 2], median: 2 },
  { values: [4, 1, 2, 3], median: 2.5 },
])('the median of $values is $median', ({ values, median }) => expect(medianOf(values)).toBe(median))
