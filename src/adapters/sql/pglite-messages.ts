import type { DatabaseFault } from './database-error.ts'

export interface WorkerSettings {
  readonly dataDir: string
}

export type WorkerRequest =
  | { readonly id: number; readonly ask: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly id: number; readonly ask: 'listen'; readonly channel: string }
  | { readonly id: number; readonly ask: 'close' }

export interface WorkerRows {
  readonly rows: readonly unknown[]
  readonly affectedRows: number
  readonly command?: string
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed-to-open'; readonly fault: DatabaseFault }
  | { readonly kind: 'done'; readonly id: number; readonly result: WorkerRows }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: DatabaseFault }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string }
