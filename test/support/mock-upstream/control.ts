import type { Bill } from './bill.ts'
import { isRecord } from './ask.ts'
import type { Requests } from './requests.ts'
import { readScriptChange } from './script.ts'
import type { Scripts } from './scripts.ts'

export interface Controlled {
  readonly scripts: Scripts
  readonly requests: Requests
  readonly bill: Bill
}

/**
 * The same hold on a mock in another process that a test has on one in its own. POST one order:
 * `{"script": {...}, "model": "m"}` sets a script, `{"clear": true}` forgets scripts, requests and bill.
 * The answer is the state afterwards; request bodies are in base64.
 */
export function obeyOrder(order: unknown, { scripts, requests, bill }: Controlled): object {
  if (isRecord(order) && order['clear'] === true) {
    scripts.clear()
    requests.clear()
    bill.clear()
  }
  if (isRecord(order) && typeof order['model'] === 'string') {
    scripts.set(order['model'], readScriptChange(order['script']))
  }
  return {
    requestsTotal: requests.total,
    requests: requests.all.map((each) => ({ ...each, body: each.body.toString('base64') })),
    billTotal: bill.total,
    bill: bill.entries,
  }
}
