import type { Summary } from './summarise.ts'

interface Row {
  readonly title: string
  readonly cell: (summary: Summary) => string
}

const added = (value: number, digits = 0): string => `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`

const middleHalf = (low: number, high: number): string => `${low.toFixed(2)}–${high.toFixed(2)}`

/** `+` marks what a level adds to the bare forwarder, or, for memory, to itself at rest. */
const ROWS: readonly Row[] = [
  { title: '', cell: (s) => s.level },
  { title: 'CPU µs per request, one pace for all', cell: (s) => s.pacedCpuUsPerRequest.toFixed(1) },
  { title: '  ratio to bare forwarder', cell: (s) => s.pacedCpuRatio.toFixed(2) },
  { title: '  middle half of rounds', cell: (s) => middleHalf(s.pacedCpuRatioLow, s.pacedCpuRatioHigh) },
  { title: '  of it the embedded store, µs', cell: (s) => s.pacedStoreUsPerRequest.toFixed(1) },
  { title: '  ratio without it', cell: (s) => s.pacedOwnCpuRatio.toFixed(2) },
  { title: 'CPU µs per request, flat out', cell: (s) => s.cpuUsPerRequest.toFixed(1) },
  { title: '  ratio to bare forwarder', cell: (s) => s.cpuRatio.toFixed(2) },
  { title: '  middle half of rounds', cell: (s) => middleHalf(s.cpuRatioLow, s.cpuRatioHigh) },
  { title: '  calmest rounds', cell: (s) => s.cpuRatioCalmest.toFixed(2) },
  { title: '  of it the embedded store, µs', cell: (s) => s.storeUsPerRequest.toFixed(1) },
  { title: '  ratio without it', cell: (s) => s.ownCpuRatio.toFixed(2) },
  { title: '  just after a pause', cell: (s) => s.wakingCpuRatio.toFixed(2) },
  { title: 'requests per second', cell: (s) => s.requestsPerSecond.toFixed(0) },
  { title: 'latency p50, µs', cell: (s) => added(s.addedP50Us) },
  { title: 'latency p99, µs', cell: (s) => added(s.addedP99Us) },
  { title: 'CPU µs per stream', cell: (s) => s.cpuUsPerStream.toFixed(0) },
  { title: '  ratio to bare forwarder', cell: (s) => s.cpuStreamRatio.toFixed(2) },
  { title: 'first byte p50, µs', cell: (s) => added(s.addedFirstByteP50Us) },
  { title: 'first byte p99, µs', cell: (s) => added(s.addedFirstByteP99Us) },
  { title: 'first-seen token, CPU µs', cell: (s) => (s.firstSeenUs === undefined ? '–' : added(s.firstSeenUs)) },
  { title: 'RSS MiB', cell: (s) => s.rssMib.toFixed(0) },
  { title: 'open streams, MiB', cell: (s) => added(s.openStreamsMib, 1) },
  { title: 'second half of soak, MiB', cell: (s) => (s.soakGrowthMib === undefined ? '–' : added(s.soakGrowthMib, 1)) },
]

export function renderTable(summaries: readonly Summary[]): string {
  const titleWidth = Math.max(...ROWS.map((row) => row.title.length))
  const lines = ROWS.map(({ title, cell }) => {
    const cells = summaries.map((summary) => cell(summary).padStart(13))
    return `${title.padEnd(titleWidth)}${cells.join('')}`
  })
  return `${lines.join('\n')}\n`
}
