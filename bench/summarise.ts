import type { OpenStreamsMemory, Round } from './measure.ts'
import type { Level } from './options.ts'

/** Everything measured of one level. */
export interface Measured {
  readonly level: Level
  readonly rounds: readonly Round[]
  readonly openStreams: OpenStreamsMemory
  readonly soakRssMib: readonly number[]
  readonly firstSeenUs: number | undefined
}

/** Medians over the rounds. "Added" and ratios hold each round against the bare forwarder's in the same round. */
export interface Summary {
  readonly level: Level
  readonly cpuUsPerRequest: number
  readonly cpuRatio: number
  /** First and third quartile over the rounds: when they are far apart, the machine was busy with something else. */
  readonly cpuRatioLow: number
  readonly cpuRatioHigh: number
  /** The least of all rounds by the forwarder's least: noise of the machine only ever adds. */
  readonly cpuRatioCalmest: number
  readonly wakingCpuRatio: number
  /** What the thread of an embedded store took of it, and the ratio of what is left: a server's share is in no figure. */
  readonly storeUsPerRequest: number
  readonly ownCpuRatio: number
  /** The same number of requests in the same time: the kernel's work for each depends on how many there are. */
  readonly pacedCpuUsPerRequest: number
  readonly pacedCpuRatio: number
  readonly pacedCpuRatioLow: number
  readonly pacedCpuRatioHigh: number
  readonly pacedStoreUsPerRequest: number
  readonly pacedOwnCpuRatio: number
  readonly requestsPerSecond: number
  readonly addedP50Us: number
  readonly addedP99Us: number
  readonly cpuUsPerStream: number
  readonly cpuStreamRatio: number
  readonly addedFirstByteP50Us: number
  readonly addedFirstByteP99Us: number
  /** What a token costs that was never seen before, above one that was; absent without tokens. */
  readonly firstSeenUs: number | undefined
  readonly rssMib: number
  readonly openStreamsMib: number
  /** Growth from the middle of the soak to its end; absent without a soak. */
  readonly soakGrowthMib: number | undefined
}

export function summarise(measured: Measured, bare: Measured): Summary {
  const { rounds, openStreams, soakRssMib } = measured
  const median = (value: (round: Round) => number): number => medianOf(rounds.map(value))
  const against = (value: (round: Round, bareRound: Round) => number): readonly number[] =>
    rounds.flatMap((round, i) => {
      const bareRound = bare.rounds[i]
      return bareRound === undefined ? [] : [value(round, bareRound)]
    })
  const least = ({ rounds: all }: Measured): number => Math.min(...all.map((round) => round.cpuUsPerRequest))
  const pacedRatios = against((round, bareRound) => round.pacedCpuUsPerRequest / bareRound.pacedCpuUsPerRequest)
  const ratios = against((round, bareRound) => round.cpuUsPerRequest / bareRound.cpuUsPerRequest)
  return {
    level: measured.level,
    cpuUsPerRequest: median((round) => round.cpuUsPerRequest),
    cpuRatio: medianOf(ratios),
    cpuRatioLow: quantileOf(ratios, 0.25),
    cpuRatioHigh: quantileOf(ratios, 0.75),
    cpuRatioCalmest: least(measured) / least(bare),
    wakingCpuRatio: medianOf(
      against((round, bareRound) => round.wakingCpuUsPerRequest / bareRound.wakingCpuUsPerRequest),
    ),
    storeUsPerRequest: median((round) => round.storeUsPerRequest),
    ownCpuRatio: medianOf(
      against((round, bareRound) => (round.cpuUsPerRequest - round.storeUsPerRequest) / bareRound.cpuUsPerRequest),
    ),
    pacedCpuUsPerRequest: median((round) => round.pacedCpuUsPerRequest),
    pacedCpuRatio: medianOf(pacedRatios),
    pacedCpuRatioLow: quantileOf(pacedRatios, 0.25),
    pacedCpuRatioHigh: quantileOf(pacedRatios, 0.75),
    pacedStoreUsPerRequest: median((round) => round.pacedStoreUsPerRequest),
    pacedOwnCpuRatio: medianOf(
      against(
        (round, bareRound) =>
          (round.pacedCpuUsPerRequest - round.pacedStoreUsPerRequest) / bareRound.pacedCpuUsPerRequest,
      ),
    ),
    requestsPerSecond: median((round) => round.requestsPerSecond),
    addedP50Us: medianOf(against((round, bareRound) => round.calmLatencyUs.p50 - bareRound.calmLatencyUs.p50)),
    addedP99Us: medianOf(against((round, bareRound) => round.calmLatencyUs.p99 - bareRound.calmLatencyUs.p99)),
    cpuUsPerStream: median((round) => round.cpuUsPerStream),
    cpuStreamRatio: medianOf(against((round, bareRound) => round.cpuUsPerStream / bareRound.cpuUsPerStream)),
    addedFirstByteP50Us: medianOf(against((round, bareRound) => round.firstByteUs.p50 - bareRound.firstByteUs.p50)),
    addedFirstByteP99Us: medianOf(against((round, bareRound) => round.firstByteUs.p99 - bareRound.firstByteUs.p99)),
    firstSeenUs: measured.firstSeenUs,
    rssMib: rounds.at(-1)?.rssMib ?? 0,
    openStreamsMib: openStreams.openMib - openStreams.idleMib,
    soakGrowthMib: growthOf(soakRssMib),
  }
}

/** A heap grows to its working size first, so the first half of a soak says nothing about a leak. */
function growthOf(rssMib: readonly number[]): number | undefined {
  const middle = rssMib[Math.floor(rssMib.length / 2)]
  const last = rssMib.at(-1)
  return middle === undefined || last === undefined ? undefined : last - middle
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

function quantileOf(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? 0
}
