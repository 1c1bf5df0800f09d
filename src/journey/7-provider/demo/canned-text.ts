export interface CannedAnswer {
  readonly status: number
  readonly contentType: 'application/json' | 'text/event-stream'
  readonly pieces: readonly string[]
}

export interface CannedText {
  readonly text: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly id: string
  readonly created: number
  readonly model: string
}

/** Pieces as a model would stream them; together they are the text. */
export function words(text: string): readonly string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text]
}
