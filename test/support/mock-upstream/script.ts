/** What the mock answers instead of serving the call. Refused calls are not billed. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Sent as it is; `{{model}}` and `{{authorization}}` are filled in from the request. */
  readonly body: string
}

/** Where an answer breaks off: nothing more is sent, the socket is destroyed, or the answer ends politely but early. */
export interface Cut {
  readonly afterChunks: number
  readonly how: 'stall' | 'reset' | 'close'
}

/** `poison` is raw JSON text put in place of every token count, so that `1e400` stays `1e400`. */
export type UsagePolicy = 'honest' | 'missing' | 'every-chunk' | { readonly poison: string }

export interface Script {
  /** The script holds for this many calls; afterwards the model is served plainly. */
  readonly times: number
  readonly refusal: Refusal | undefined

  readonly words: number
  readonly reasoningWords: number
  /** Function calls answered when the request offers tools and its last message is not a tool's result. */
  readonly toolCalls: number
  /** The answer repeats the last message's text, word by word. */
  readonly echo: boolean
  readonly usage: UsagePolicy
  /** Half of the prompt counts as cached. */
  readonly cachedPrompt: boolean
  /** Extra bytes in a non-streamed answer. */
  readonly paddingBytes: number

  readonly firstByteDelayMs: number
  readonly gapMs: number
  readonly cut: Cut | undefined

  readonly lineEnd: '\n' | '\r\n'
  /** The stream is sent in writes of this many bytes, whatever the event borders are. */
  readonly splitBytes: number | undefined
  readonly comments: boolean
  readonly emptyChoicesFirst: boolean
  readonly brokenEvent: boolean
  readonly hugeEventBytes: number
  readonly errorEvent: boolean

  /** A non-streamed body is cut in half although HTTP calls it whole. */
  readonly truncatedJson: boolean
  readonly encoding: 'identity' | 'gzip' | 'gzip-bomb'
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

export const PLAIN: Script = {
  times: Number.POSITIVE_INFINITY,
  refusal: undefined,
  words: 8,
  reasoningWords: 0,
  toolCalls: 0,
  echo: false,
  usage: 'honest',
  cachedPrompt: false,
  paddingBytes: 0,
  firstByteDelayMs: 0,
  gapMs: 0,
  cut: undefined,
  lineEnd: '\n',
  splitBytes: undefined,
  comments: false,
  emptyChoicesFirst: false,
  brokenEvent: false,
  hugeEventBytes: 0,
  errorEvent: false,
  truncatedJson: false,
  encoding: 'identity',
  headers: {},
}

export type ScriptChange = Partial<Script>

/** Reads a script sent to the control API. A misspelt member is refused: a fault that silently isn't one proves nothing. */
export function readScriptChange(raw: unknown): ScriptChange {
  if (typeof raw !== 'object' || raw === null) throw new Error('a script is an object')
  const unknown = Object.keys(raw).filter((name) => !(name in PLAIN))
  if (unknown.length > 0) throw new Error(`a script has no member ${unknown.join(', ')}`)
  return raw
}
