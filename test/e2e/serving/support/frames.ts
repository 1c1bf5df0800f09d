/** The data of each event of a stream, in order, `[DONE]` included. Anything that is not an event is an error. */
export function framesOf(stream: string): readonly string[] {
  if (!stream.endsWith('\n\n')) throw new Error(`the stream does not end with an event: ${stream.slice(-200)}`)
  return stream
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      if (!event.startsWith('data: ') || event.includes('\n')) throw new Error(`not a plain event: ${event}`)
      return event.slice('data: '.length)
    })
}

export interface Chunk {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly choices: readonly {
    readonly index: number
    readonly delta: Readonly<Record<string, unknown>>
    readonly finish_reason?: string | null
  }[]
  readonly usage?: Readonly<Record<string, unknown>> | null
  readonly error?: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
  }
}

export function chunksOf(stream: string): readonly Chunk[] {
  return framesOf(stream)
    .filter((data) => data !== '[DONE]')
    .map((data) => {
      const chunk: Chunk = JSON.parse(data)
      return chunk
    })
}

/** The text that a stream of chat chunks adds up to. */
export function textIn(stream: string): string {
  return wordsIn(stream).join('')
}

export function wordsIn(stream: string): readonly string[] {
  return chunksOf(stream).flatMap(({ choices }) => {
    const content = choices[0]?.delta['content']
    return typeof content === 'string' && content !== '' ? [content] : []
  })
}
