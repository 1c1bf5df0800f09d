import { Problem } from '../../domain/problem.ts'
import type { PlainAsk } from '../route.ts'

/** A parameter that the route's path has. */
export function pathParam({ request }: Pick<PlainAsk, 'request'>, name: string): string {
  const { params } = request
  const found = typeof params === 'object' && params !== null ? Object.entries(params) : []
  const value: unknown = found.find(([each]) => each === name)?.[1]
  if (typeof value !== 'string') throw new Problem('fault')
  return value
}
