/** What we know of a provider that speaks the OpenAI wire. Adding one is adding a row. */
export interface ProviderFacts {
  /** Undefined: every deployment must say its `api_base`. */
  readonly baseUrl: string | undefined
  readonly keyVariables: readonly string[]
  readonly baseVariables: readonly string[]
  readonly wire: 'openai' | 'azure'
  /** Accepts `stream_options.include_usage`. */
  readonly streamsUsage: boolean
}

export const PROVIDERS: ReadonlyMap<string, ProviderFacts> = new Map([
  row('openai', 'https://api.openai.com/v1', { bases: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'] }),
  row('azure', undefined, { wire: 'azure' }),
  row('azure_ai', undefined),
  row('hosted_vllm', undefined),
  row('openrouter', 'https://openrouter.ai/api/v1'),
  row('groq', 'https://api.groq.com/openai/v1'),
  row('mistral', 'https://api.mistral.ai/v1', { streamsUsage: false }),
  row('deepseek', 'https://api.deepseek.com/beta'),
  row('xai', 'https://api.x.ai/v1'),
  row('together_ai', 'https://api.together.xyz/v1', { keys: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY'] }),
  row('fireworks_ai', 'https://api.fireworks.ai/inference/v1', { keys: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'] }),
  row('perplexity', 'https://api.perplexity.ai', { keys: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'] }),
  row('cerebras', 'https://api.cerebras.ai/v1'),
  row('sambanova', 'https://api.sambanova.ai/v1'),
  row('nvidia_nim', 'https://integrate.api.nvidia.com/v1'),
  row('deepinfra', 'https://api.deepinfra.com/v1/openai'),
  row('novita', 'https://api.novita.ai/v3/openai'),
  row('moonshot', 'https://api.moonshot.ai/v1'),
  row('hyperbolic', 'https://api.hyperbolic.xyz/v1'),
  row('nebius', 'https://api.studio.nebius.ai/v1'),
  row('lambda_ai', 'https://api.lambda.ai/v1'),
  row('dashscope', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1'),
  row('volcengine', 'https://ark.cn-beijing.volces.com/api/v3'),
  row('minimax', 'https://api.minimax.io/v1'),
  row('zai', 'https://api.z.ai/api/paas/v4'),
  row('lm_studio', undefined),
  row('llamafile', undefined),
  row('litellm_proxy', undefined),
  row('xinference', undefined),
  row('infinity', undefined),
  row('custom_openai', undefined),
  row('openai_like', undefined),
  row('text-completion-openai', 'https://api.openai.com/v1', { keys: ['OPENAI_API_KEY'] }),
])

/** Known by name, and refused with a reason: their wire is not OpenAI's. */
export const FOREIGN_WIRES: ReadonlySet<string> = new Set([
  'anthropic',
  'bedrock',
  'gemini',
  'vertex_ai',
  'ollama',
  'ollama_chat',
  'cohere',
  'cohere_chat',
  'huggingface',
  'databricks',
  'sagemaker',
  'sagemaker_chat',
  'watsonx',
  'github_copilot',
  'github',
  'replicate',
  'voyage',
  'jina_ai',
  'snowflake',
  'oci',
  'predibase',
  'cloudflare',
  'gigachat',
  'sap',
  'text-completion-codestral',
])

export const DEMO_PROVIDER = 'demo'

function row(
  name: string,
  baseUrl: string | undefined,
  more: { keys?: readonly string[]; bases?: readonly string[]; wire?: 'azure'; streamsUsage?: boolean } = {},
): readonly [string, ProviderFacts] {
  const variable = name.toUpperCase().replaceAll('-', '_')
  return [
    name,
    {
      baseUrl,
      keyVariables: more.keys ?? [`${variable}_API_KEY`],
      baseVariables: more.bases ?? [`${variable}_API_BASE`],
      wire: more.wire ?? 'openai',
      streamsUsage: more.streamsUsage ?? true,
    },
  ]
}
