import type { CallType } from '../../domain/ledger-entry.ts'

export type OperationName = 'chat' | 'completion' | 'embedding' | 'image' | 'moderation' | 'responses'

/** What differs between the model routes; everything else about them is the same code. */
export interface Operation {
  readonly name: OperationName
  readonly callType: CallType
  /** Below the upstream's base URL. */
  readonly upstreamPath: string
  /** How messages name the route, whichever alias was called. */
  readonly shownPath: string
  /** The member that a call makes no sense without, and the JSON types that it may have. */
  readonly subject: { readonly name: string; readonly types: readonly ('string' | 'array')[] }
  readonly streams: 'chat-chunks' | 'typed-events' | 'pictures' | 'never'
  /** `metadata` belongs to the provider's API here; ours travels as `litellm_metadata`. */
  readonly providerOwnsMetadata: boolean
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
  },
  completion: {
    name: 'completion',
    callType: 'atext_completion',
    upstreamPath: '/completions',
    shownPath: '/completions',
    subject: { name: 'prompt', types: ['string', 'array'] },
    streams: 'chat-chunks',
    providerOwnsMetadata: false,
  },
  embedding: {
    name: 'embedding',
    callType: 'aembedding',
    upstreamPath: '/embeddings',
    shownPath: '/embeddings',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'never',
    providerOwnsMetadata: false,
  },
  image: {
    name: 'image',
    callType: 'aimage_generation',
    upstreamPath: '/images/generations',
    shownPath: '/images/generations',
    subject: { name: 'prompt', types: ['string'] },
    streams: 'pictures',
    providerOwnsMetadata: false,
  },
  moderation: {
    name: 'moderation',
    callType: 'amoderation',
    upstreamPath: '/moderations',
    shownPath: '/moderations',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'never',
    providerOwnsMetadata: false,
  },
  responses: {
    name: 'responses',
    callType: 'aresponses',
    upstreamPath: '/responses',
    shownPath: '/responses',
    subject: { name: 'input', types: ['string', 'array'] },
    streams: 'typed-events',
    providerOwnsMetadata: true,
  },
}
