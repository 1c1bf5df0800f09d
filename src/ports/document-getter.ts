/** One small exchange with a party that the operator named. Nothing of ours goes along but what stands here. */
export interface DocumentAsk {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly maxBytes: number
  /** For all of it, from the name's resolution to the last byte. */
  readonly timeoutMs: number
}

export type DocumentAnswer =
  | { readonly is: 'answer'; readonly status: number; readonly contentType: string; readonly bytes: Uint8Array }
  /** An answer that is not taken: too long, compressed. */
  | { readonly is: 'unfit'; readonly why: string }
  | { readonly is: 'unreachable'; readonly why: string }

/** Fetches what identity providers publish. Follows no redirect, keeps no cookie, never throws. */
export interface DocumentGetter {
  get(ask: DocumentAsk): Promise<DocumentAnswer>
  close(): Promise<void>
}
