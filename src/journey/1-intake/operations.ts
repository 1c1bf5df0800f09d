import type { CallType } from '../../domain/ledger-entry.ts'

export type OperationName = 'chat' | 'completion' | 'embedding' | 'image' | 'moderation' | 'responses' | 'realtime'

/** Those that are a request with a body. */
export type PostedName = Exclude<OperationName, 'realtime'>

/** What differs between the model routes; everything else about them is the same code. */
export interface Operation {
  readonly name: OperationName
  readonly callType: CallType
  /** Below the upstream's base URL. */
  readonly upstreamPath: string
  /** How messages name the route, whichever alias was called. */
  readonly shownPath: string
  /** The member that a call makes no sense without, and the JSON types that it may have; undefined: `model` says all. */
  readonly subject: { readonly name: string; readonly types: readonly ('string' | 'array')[] } | undefined
  readonly streams: 'chat-chunks' | 'typed-events' | 'pictures' | 'never'
  /** `metadata` belongs to the provider's API here; ours travels as `litellm_metadata`. */
  readonly providerOwnsMetadata: boolean
  /** False: nobody counts what it used, and nothing is estimated in place of that. */
  readonly reportsUsage: boolean
}

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  chat: {
    name: 'chat',
    callType: 'acompletion',
    upstreamPath: '/chat/completions',
    shownPath: '/chat/completions',
    subject: { name: 'messages', types: ['array'] },
    streams: 'chat-chunks',
    providerOwnsMetadata: false,
    reportsUsage: true,
  },
  completion: {
    name: 'completion',
    callType: 'atext_completion',
    upstreamPath: '/completions',
    shownPath: '/completions',
    subject: { name: 'prompt', types: ['string', 'array'] },
    streams: 'chat-chunks',
    providerOwnsMetadata: false,
    reportsUsage: true,
  },
  embedding: {
    name: 'embedding',
    callType: 'aembedding',
    upstreamPath: '/embeddings',
    shownPath: '/embeddings',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'never',
    providerOwnsMetadata: false,
    reportsUsage: true,
  },
  image: {
    name: 'image',
    callType: 'aimage_generation',
    upstreamPath: '/images/generations',
    shownPath: '/images/generations',
    subject: { name: 'prompt', types: ['string'] },
    streams: 'pictures',
    providerOwnsMetadata: false,
    reportsUsage: true,
  },
  moderation: {
    name: 'moderation',
    callType: 'amoderation',
    upstreamPath: '/moderations',
    shownPath: '/moderations',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'never',
    providerOwnsMetadata: false,
    // Free everywhere.
    reportsUsage: false,
  },
  responses: {
    name: 'responses',
    callType: 'aresponses',
    upstreamPath: '/responses',
    shownPath: '/responses',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'typed-events',
    providerOwnsMetadata: true,
    reportsUsage: true,
  },
  realtime: {
    name: 'realtime',
    callType: 'arealtime',
    upstreamPath: '/realtime',
    shownPath: '/realtime',
    subject: undefined,
    streams: 'never',
    providerOwnsMetadata: false,
    reportsUsage: true,
  },
}
