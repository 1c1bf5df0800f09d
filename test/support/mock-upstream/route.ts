/** Where a call is meant for, whichever of the provider's URL forms it came in. */
export interface Route {
  readonly operation: string
  readonly modelInPath: string | undefined
  readonly responseId: string | undefined
  readonly action: string | undefined
  readonly isAzure: boolean
}

const AZURE = /^\/openai\/deployments\/(.+?)\/(chat\/completions|completions|embeddings|images\/generations|responses)$/
const PREFIX = /^\/(openai\/v1|v1)(?=\/)/
const RESPONSE = /^\/responses\/([^/]+)(?:\/(input_items|cancel))?$/

export function parseRoute(pathname: string): Route | undefined {
  const azure = AZURE.exec(pathname)
  if (azure?.[1] !== undefined && azure[2] !== undefined) {
    const modelInPath = parsePathPart(azure[1])
    return { operation: azure[2], modelInPath, responseId: undefined, action: undefined, isAzure: true }
  }
  const path = pathname.replace(PREFIX, '')
  const stored = RESPONSE.exec(path)
  if (stored?.[1] !== undefined) {
    const responseId = parsePathPart(stored[1])
    return { operation: 'responses', modelInPath: undefined, responseId, action: stored[2], isAzure: false }
  }
  const operation = path.slice(1)
  return OPERATIONS.has(operation)
    ? { operation, modelInPath: undefined, responseId: undefined, action: undefined, isAzure: false }
    : undefined
}

const OPERATIONS = new Set([
  'chat/completions',
  'completions',
  'embeddings',
  'images/generations',
  'moderations',
  'responses',
  'models',
])

function parsePathPart(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}
