import type { Deployment } from '../../../domain/deployment.ts'
import { parseDeploymentId } from '../../../domain/ids.ts'
import type { PassThrough, PassThroughMethod } from '../../../domain/pass-through.ts'
import { Problem } from '../../../domain/problem.ts'
import type { Operation } from '../../1-intake/operations.ts'
import { isFreeOfCharge } from '../../1-intake/passed-operation.ts'
import { pricesOf } from './build-pass-through.ts'

interface Passed {
  readonly operation: Operation
  readonly method: PassThroughMethod
  readonly upstreamPath: string
  readonly model: string | undefined
}

const FREE = pricesOf(0)

/** The destination as the books and the budgets know destinations: by whose prices a call is counted, or by its own. */
export function passedDeployment(to: PassThrough, { operation, method, upstreamPath, model }: Passed): Deployment {
  const id = parseDeploymentId(to.path)
  if (id === undefined) throw new Problem('fault')
  // Tokens have no price where nobody counts them, and where the operator says what a call costs.
  const priced = operation.reportsUsage && to.prices.size === 0 ? (model ?? '') : ''
  const isFree = to.isBuiltIn && isFreeOfCharge(method, upstreamPath)
  return {
    id,
    group: model ?? to.path,
    provider: to.provider,
    upstreamModel: priced,
    target: {
      kind: 'http',
      host: 'from-our-config',
      wire: 'openai',
      origin: to.origin,
      basePath: to.basePath,
      apiVersion: undefined,
      apiKey: undefined,
      headers: to.headers,
    },
    entry: {
      name: model ?? to.path,
      info: {},
      params: {
        model: priced,
        extraHeaders: new Map(),
        extraBody: {},
        prices: isFree ? FREE : to.prices,
        defaults: {},
      },
    },
  }
}
