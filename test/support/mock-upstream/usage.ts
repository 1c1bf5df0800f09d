import { isRecord, listOf, textsOf } from './ask.ts'
import type { Script } from './script.ts'

/** Honest token counts of one call: what the bill says, whatever the answer claims. */
export interface Tokens {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  readonly reasoning: number
}

const TOKENS_PER_MESSAGE = 4
const CHARACTERS_PER_TOKEN = 4
const TOKENS_PER_IMAGE = 85

function tokensOfText(texts: readonly string[]): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

function imagesIn(content: unknown): number {
  return listOf(content).filter((part) => isRecord(part) && /image/.test(String(part['type']))).length
}

function tokensOfMessages(messages: readonly unknown[]): number {
  const images = messages.reduce<number>((sum, each) => sum + (isRecord(each) ? imagesIn(each['content']) : 0), 0)
  return TOKENS_PER_MESSAGE * messages.length + TOKENS_PER_IMAGE * images + tokensOfText(messages.flatMap(textsOf))
}

function tokensOfPrompt(prompt: unknown): number {
  if (!Array.isArray(prompt)) return tokensOfText(textsOf(prompt))
  const ids = prompt.flat().filter((each) => typeof each === 'number').length
  return ids + tokensOfText(textsOf(prompt))
}

/** Prompt tokens of a request body of any operation, by the rule in behaviours.ts. */
export function promptTokensOf(body: Readonly<Record<string, unknown>>): number {
  if (Array.isArray(body['messages'])) return tokensOfMessages(body['messages'])
  const instructions = tokensOfText(textsOf(body['instructions']))
  const input = body['input'] ?? body['prompt']
  const isConversation = listOf(input).some(isRecord)
  return instructions + (isConversation ? tokensOfMessages(listOf(input)) : tokensOfPrompt(input))
}

export function cachedTokensOf(promptTokens: number, script: Script): number {
  return script.cachedPrompt ? Math.floor(promptTokens / 2) : 0
}

/** `usage` as raw JSON text in chat form, or `undefined` when the script withholds it. */
export function writeChatUsage(tokens: Tokens, script: Script): string | undefined {
  if (script.usage === 'missing') return undefined
  if (typeof script.usage === 'object') {
    const { poison } = script.usage
    return `{"prompt_tokens":${poison},"completion_tokens":${poison},"total_tokens":${poison}}`
  }
  return JSON.stringify({
    prompt_tokens: tokens.prompt,
    completion_tokens: tokens.completion,
    total_tokens: tokens.prompt + tokens.completion,
    prompt_tokens_details: { cached_tokens: tokens.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  })
}

/** `usage` as raw JSON text in the form of the Responses API. */
export function writeResponseUsage(tokens: Tokens, script: Script): string | undefined {
  if (script.usage === 'missing') return undefined
  if (typeof script.usage === 'object') {
    const { poison } = script.usage
    return `{"input_tokens":${poison},"output_tokens":${poison},"total_tokens":${poison}}`
  }
  return JSON.stringify({
    input_tokens: tokens.prompt,
    input_tokens_details: { cached_tokens: tokens.cached },
    output_tokens: tokens.completion,
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: tokens.prompt + tokens.completion,
  })
}

/** Appends `usage` to an object's JSON text. */
export function withUsage(json: string, usage: string | undefined): string {
  return usage === undefined ? json : `${json.slice(0, -1)},"usage":${usage}}`
}
