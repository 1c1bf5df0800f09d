import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DatabaseError, faultOf } from './database-error.ts'
import type { WorkerReply, WorkerRequest, WorkerRows, WorkerSettings } from './pglite-messages.ts'
import { StoreProblem } from './store-problem.ts'

/** A question without its number; distributes over the union. */
type Ask<Request> = Request extends { readonly id: number } ? Omit<Request, 'id'> : never

interface Waiting {
  readonly resolve: (result: WorkerRows) => void
  readonly reject: (error: Error) => void
}

export interface PgliteClient {
  query(sql: string, parameters: readonly unknown[]): Promise<WorkerRows>
  listen(channel: string, heard: (payload: string) => void): Promise<void>
  close(): Promise<void>
}

const STOPPED = new StoreProblem('closed', 'The embedded database has stopped.')

/** Starts the worker and waits until its database is open. */
export async function openPglite(settings: WorkerSettings): Promise<PgliteClient> {
  const worker = new Worker(new URL(`./pglite-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: settings,
    name: 'embedded-database',
  })
  const waiting = new Map<number, Waiting>()
  const listeners = new Map<string, (payload: string) => void>()
  const opened = Promise.withResolvers<void>()
  let lastId = 0
  let end: StoreProblem | undefined

  function stop(problem: StoreProblem): void {
    end ??= problem
    opened.reject(end)
    for (const { reject } of waiting.values()) reject(end)
    waiting.clear()
  }

  function settle(id: number, act: (waiter: Waiting) => void): void {
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (waiter !== undefined) act(waiter)
  }

  function ask(question: Ask<WorkerRequest>): Promise<WorkerRows> {
    if (end !== undefined) return Promise.reject(end)
    const { promise, resolve, reject } = Promise.withResolvers<WorkerRows>()
    lastId += 1
    waiting.set(lastId, { resolve, reject })
    worker.postMessage({ ...question, id: lastId })
    return promise
  }

  worker.on('message', (reply: WorkerReply) => {
    switch (reply.kind) {
      case 'ready':
        return opened.resolve()
      case 'failed-to-open':
        return stop(new StoreProblem('damaged', reply.fault.message))
      case 'done':
        return settle(reply.id, (waiter) => waiter.resolve(reply.result))
      case 'failed':
        return settle(reply.id, (waiter) => waiter.reject(new DatabaseError(reply.fault)))
      case 'notification':
        return listeners.get(reply.channel)?.(reply.payload)
    }
  })
  worker.on('error', (error: unknown) => stop(new StoreProblem('damaged', faultOf(error).message)))
  worker.on('exit', () => stop(STOPPED))

  try {
    await opened.promise
  } catch (error) {
    await worker.terminate()
    throw error
  }
  return {
    query: (sql, parameters) => ask({ ask: 'query', sql, parameters }),
    listen: async (channel, heard) => {
      const isNew = !listeners.has(channel)
      listeners.set(channel, heard)
      if (isNew) await ask({ ask: 'listen', channel })
    },
    close: async () => {
      if (end === undefined) await ask({ ask: 'close' })
      await worker.terminate()
    },
  }
}
