/** Counts of one call. Cached, cache-writing, audio and image tokens are subsets of `inputTokens`, or of `outputTokens`. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteInputTokens: number
  /** Subset of `cacheWriteInputTokens`: those that are kept for an hour. Absent: none. */
  readonly cacheWrite1hInputTokens?: number
  readonly audioInputTokens: number
  /** Subset of both the cached and the audio tokens. Absent: none. */
  readonly cachedAudioInputTokens?: number
  /** Absent: none. */
  readonly imageInputTokens?: number
  readonly reasoningTokens: number
  readonly audioOutputTokens: number
  /** Absent: none. */
  readonly imageOutputTokens?: number
  /** How many pictures were painted. Absent: the call was no order for any. */
  readonly pictures?: number
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  audioInputTokens: 0,
  reasoningTokens: 0,
  audioOutputTokens: 0,
}
