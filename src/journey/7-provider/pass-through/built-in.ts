/** A provider whose whole API can be called below a prefix, because its credential is the value of one header. */
export interface BuiltIn {
  readonly path: string
  readonly provider: string
  /** Undefined: the environment must say it. */
  readonly baseUrl: string | undefined
  readonly baseVariables: readonly string[]
  readonly keyVariables: readonly string[]
  /** False: a server of one's own may ask for none. */
  readonly needsKey: boolean
  readonly keyHeader: { readonly name: string; readonly scheme: string }
  /** Headers of its API that a caller may set. */
  readonly clientHeaders: readonly string[]
}

const BEARER = { name: 'authorization', scheme: 'Bearer ' }

export const BUILT_INS: readonly BuiltIn[] = [
  ...['/openai', '/openai_passthrough'].map((path) =>
    row(path, 'openai', 'https://api.openai.com', {
      bases: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
      clientHeaders: ['openai-beta', 'idempotency-key'],
    }),
  ),
  row('/anthropic', 'anthropic', 'https://api.anthropic.com', {
    bases: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE'],
    keyHeader: { name: 'x-api-key', scheme: '' },
    clientHeaders: ['anthropic-version', 'anthropic-beta'],
  }),
  row('/gemini', 'gemini', 'https://generativelanguage.googleapis.com', {
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    keyHeader: { name: 'x-goog-api-key', scheme: '' },
  }),
  row('/cohere', 'cohere', 'https://api.cohere.com', {
    keys: ['COHERE_API_KEY', 'CO_API_KEY'],
    clientHeaders: ['x-client-name'],
  }),
  row('/mistral', 'mistral', 'https://api.mistral.ai'),
  row('/vllm', 'hosted_vllm', undefined, { bases: ['HOSTED_VLLM_API_BASE', 'VLLM_API_BASE'], needsKey: false }),
  row('/azure', 'azure', undefined, { keyHeader: { name: 'api-key', scheme: '' } }),
  row('/azure_ai', 'azure_ai', undefined, { keyHeader: { name: 'api-key', scheme: '' } }),
]

const SIGNED = 'its requests are signed or carry a token that runs out, which this version does not make.'
const OTHER_API = 'its API is not in this version; write an entry of pass_through_endpoints for it.'

/** Known by name, and refused with a reason. */
export const LEFT_OUT: readonly (readonly [path: string, because: string])[] = [
  ['/bedrock', SIGNED],
  ['/vertex_ai', SIGNED],
  ['/vertex-ai', SIGNED],
  ['/langfuse', OTHER_API],
  ['/assemblyai', OTHER_API],
  ['/eu.assemblyai', OTHER_API],
  ['/cursor', OTHER_API],
  ['/milvus', OTHER_API],
]

interface More {
  readonly keys?: readonly string[]
  readonly bases?: readonly string[]
  readonly needsKey?: boolean
  readonly keyHeader?: BuiltIn['keyHeader']
  readonly clientHeaders?: readonly string[]
}

function row(path: string, provider: string, baseUrl: string | undefined, more: More = {}): BuiltIn {
  const variable = provider.toUpperCase()
  return {
    path,
    provider,
    baseUrl,
    baseVariables: more.bases ?? [`${variable}_API_BASE`],
    keyVariables: more.keys ?? [`${variable}_API_KEY`],
    needsKey: more.needsKey ?? true,
    keyHeader: more.keyHeader ?? BEARER,
    clientHeaders: more.clientHeaders ?? [],
  }
}

/** None of these prefixes is the operator's to give away. */
export const BUILT_IN_PATHS: readonly string[] = BUILT_INS.map(({ path }) => path)
