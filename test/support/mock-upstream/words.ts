import type { Ask } from './ask.ts'
import { listOf, textsOf } from './ask.ts'
import type { Script } from './script.ts'

/** Two, three and four byte characters are among them, so that a stream split at any byte splits some of them. */
const VOCABULARY = ['The', 'quick', 'brown', 'naïve', 'fox', 'jumps', '日本', 'over', 'the', 'lazy', '🦊', 'dog']

export interface Answer {
  /** Each carries the blank before it, so that joining them gives the text. */
  readonly words: readonly string[]
  readonly finishReason: 'stop' | 'length'
}

export function wordsOf(ask: Ask, script: Script): Answer {
  const all = script.echo ? echoed(ask.body) : vocabulary(script.words)
  const limit = tokenLimitOf(ask.body)
  return limit !== undefined && limit < all.length
    ? { words: all.slice(0, limit), finishReason: 'length' }
    : { words: all, finishReason: 'stop' }
}

export function vocabulary(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${i === 0 ? '' : ' '}${VOCABULARY[i % VOCABULARY.length]}`)
}

function echoed(body: Readonly<Record<string, unknown>>): readonly string[] {
  const last = listOf(body['messages']).at(-1) ?? body['input'] ?? body['prompt']
  return (textsOf(last).at(-1) ?? '').split(/(?= )/)
}

function tokenLimitOf(body: Readonly<Record<string, unknown>>): number | undefined {
  const limit = body['max_completion_tokens'] ?? body['max_output_tokens'] ?? body['max_tokens']
  return typeof limit === 'number' && limit > 0 ? limit : undefined
}
