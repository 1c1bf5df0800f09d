import type { Operation } from './operations.ts'

/** What a call that is passed on asks for, as far as its path there says it. */
export function passedOperation(method: string, upstreamPath: string, shownPath: string): Operation {
  const known = method === 'POST' ? SHAPES.find(([ends]) => ends.test(upstreamPath)) : undefined
  const [, name] = known ?? []
  return {
    name: name ?? 'embedding',
    callType: 'pass_through_endpoint',
    upstreamPath,
    shownPath,
    subject: { name: '', types: [] },
    streams: name === 'responses' ? 'typed-events' : 'chat-chunks',
    providerOwnsMetadata: true,
    reportsUsage: name !== undefined,
  }
}

/** Calls that providers answer for nothing. */
export function isFreeOfCharge(method: string, upstreamPath: string): boolean {
  return method === 'GET' || method === 'DELETE' || FREE.test(upstreamPath)
}

const FREE = /(?:\/moderations|\/count_tokens|:countTokens)$/

/** Ends of paths whose answers tell what was used, in one of the shapes that we read. */
const SHAPES = [
  [/\/chat\/completions$/, 'chat'],
  [/\/completions$/, 'completion'],
  [/\/embeddings$/, 'embedding'],
  [/\/responses$/, 'responses'],
  [/\/messages$/, 'chat'],
  [/:(?:streamGenerateContent|generateContent)$/, 'chat'],
] as const satisfies readonly (readonly [RegExp, Operation['name']])[]
