import { OPERATIONS } from './operations.ts'
import type { Operation, OperationName, PostedName } from './operations.ts'

/** Every path of an operation leads to the same code; the model stands in the body, or in the path before a known end. */
export const OPERATION_PATHS: Readonly<Record<OperationName, readonly string[]>> = {
  chat: ['/chat/completions', '/v1/chat/completions'],
  completion: ['/completions', '/v1/completions'],
  embedding: ['/embeddings', '/v1/embeddings'],
  image: ['/images/generations', '/v1/images/generations'],
  moderation: ['/moderations', '/v1/moderations'],
  responses: ['/responses', '/v1/responses', '/openai/v1/responses'],
  realtime: ['/realtime', '/v1/realtime'],
}

type PathEnds = readonly (readonly [string, PostedName])[]

const ENGINE_ENDS: PathEnds = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completion'],
  ['/embeddings', 'embedding'],
]

/** What may stand around the name of a model. */
export const MODEL_IN_PATH: readonly { readonly prefix: string; readonly ends: PathEnds }[] = [
  { prefix: '/engines/', ends: ENGINE_ENDS },
  { prefix: '/openai/deployments/', ends: [...ENGINE_ENDS, ['/images/generations', 'image']] },
]

/** What a route that asks for a model asks for; by its path as the route table has it. */
export function operationOf(path: string): Operation | undefined {
  for (const operation of Object.values(OPERATIONS)) {
    if (OPERATION_PATHS[operation.name].includes(path)) return operation
  }
  for (const { prefix, ends } of MODEL_IN_PATH) {
    const found = ends.find(([end]) => path === `${prefix}{model}${end}`)
    if (found !== undefined) return OPERATIONS[found[1]]
  }
  return undefined
}

/** The model's name, and the end behind it, in what follows a prefix. */
export function splitModelPath(
  rest: string,
  ends: PathEnds,
): { readonly model: string; readonly operation: PostedName; readonly end: string } | undefined {
  for (const [end, operation] of ends) {
    if (rest.endsWith(end) && rest.length > end.length) return { model: rest.slice(0, -end.length), operation, end }
  }
  return undefined
}
