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
