/** Token counts of one call. Cached, cache-writing and audio tokens are subsets of `inputTokens`. */
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
  readonly reasoningTokens: number
  readonly audioOutputTokens: number
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
