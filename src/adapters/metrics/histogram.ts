/** The buckets of the compatible metrics, in seconds. */
const BOUNDS: readonly number[] = [
  0.005,
  0.00625,
  0.0125,
  0.025,
  0.05,
  0.1,
  ...Array.from({ length: 20 }, (_, i) => 0.5 + i * 0.5),
  15,
  20,
  25,
  30,
  60,
  120,
  180,
  240,
  300,
]

/** Counts durations. prom-client's own hashes its labels at every observation, which a call cannot afford. */
export class DurationHistogram {
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  #sum = 0

  observe(seconds: number): void {
    let low = 0
    let high = BOUNDS.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (seconds <= (BOUNDS[middle] ?? 0)) high = middle
      else low = middle + 1
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + 1
    this.#sum += seconds
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  add(other: DurationHistogram): void {
    for (const [i, count] of other.#counts.entries()) this.#counts[i] = (this.#counts[i] ?? 0) + count
    this.#sum += other.#sum
  }

  /** Lines of the Prometheus text format. `labels` is `a="b",c="d"`. */
  render(name: string, labels: string): string {
    let total = 0
    const lines = BOUNDS.map((bound, i) => {
      total += this.#counts[i] ?? 0
      return `${name}_bucket{${labels},le="${bound}"} ${total}`
    })
    total += this.#counts[BOUNDS.length] ?? 0
    return [
      ...lines,
      `${name}_bucket{${labels},le="+Inf"} ${total}`,
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${total}`,
    ].join('\n')
  }
}

/** The lines of one histogram, each combination of labels once. */
export function renderHistograms(
  name: string,
  series: readonly { readonly labels: Readonly<Record<string, string>>; readonly histogram: DurationHistogram }[],
): string {
  const merged = new Map<string, DurationHistogram>()
  for (const { labels, histogram } of series) {
    if (histogram.count === 0) continue
    const written = renderLabels(labels)
    const sum = merged.get(written) ?? new DurationHistogram()
    sum.add(histogram)
    merged.set(written, sum)
  }
  const lines = [...merged].map(([labels, histogram]) => histogram.render(name, labels))
  return [`# HELP ${name} Seconds`, `# TYPE ${name} histogram`, ...lines].join('\n')
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
