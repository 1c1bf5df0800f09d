import { OPERATIONS } from './operations.ts'
import type { Operation, OperationName, PostedName } from './operations.ts'

/** Every path of an operation leads to the same code; the model stands in the body, or in the path before a known end. */
export const OPERATION_PATHS: Readonly<Record<OperationName, readonly string[]>> = {
  chat: ['/chat/completions', '/v1/chat/completions'],
  completion: ['/completions', '/v1/completions'],
  embedding: ['/embeddings', '/v1/embeddings'],
  moderation: ['/moderations', '/v1/moderations'],
  responses: ['/responses', '/v1/responses', '/openai/v1/responses'],
  realtime: ['/realtime', '/v1/realtime'],
}

export const MODEL_IN_PATH = ['/engines/', '/openai/deployments/'] as const

export const MODEL_PATH_ENDS: readonly (readonly [string, PostedName])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completion'],
  ['/embeddings', 'embedding'],
]

/** What a route that asks for a model asks for; by its path as the route table has it. */
export function operationOf(path: string): Operation | undefined {
  for (const operation of Object.values(OPERATIONS)) {
    if (OPERATION_PATHS[operation.name].includes(path)) return operation
  }
  const prefix = MODEL_IN_PATH.find((each) => path.startsWith(`${each}{model}/`))
  const end = MODEL_PATH_ENDS.find(([each]) => path === `${prefix}{model}${each}`)
  return end === undefined ? undefined : OPERATIONS[end[1]]
}
