/** How often each of a few words was said. */
export class LabelCounts {
  readonly names: [string]
  readonly #counts = new Map<string, number>()

  /** `label`: what the words are. */
  constructor(label: string) {
    this.names = [label]
  }

  add(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1)
  }

  samples(): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
    const [label] = this.names
    return [...this.#counts].map(([word, value]) => ({ labels: { [label]: word }, value }))
  }
}
