/** What the two tables call a provider. */
export interface TableNames {
  /** In the price table. */
  readonly prices?: string
  /** In the catalogue of limits and abilities, in the order of asking. */
  readonly catalogue: readonly string[]
  /** What short names of models stand for. */
  readonly modelPrefix?: string
}

const NAMES: ReadonlyMap<string, TableNames> = new Map<string, TableNames>([
  ['openai', { prices: 'openai', catalogue: ['openai'] }],
  ['text-completion-openai', { prices: 'openai', catalogue: ['openai'] }],
  ['azure', { prices: 'azure', catalogue: ['azure', 'openai'] }],
  ['azure_ai', { prices: 'azure', catalogue: ['azure', 'openai'] }],
  ['anthropic', { prices: 'anthropic', catalogue: ['anthropic'] }],
  ['bedrock', { prices: 'aws', catalogue: ['amazon-bedrock'] }],
  ['gemini', { prices: 'google', catalogue: ['google'] }],
  ['vertex_ai', { prices: 'google', catalogue: ['google-vertex', 'google-vertex-anthropic', 'google'] }],
  ['groq', { prices: 'groq', catalogue: ['groq'] }],
  ['mistral', { prices: 'mistral', catalogue: ['mistral'] }],
  ['text-completion-codestral', { prices: 'mistral', catalogue: ['mistral'] }],
  ['deepseek', { prices: 'deepseek', catalogue: ['deepseek'] }],
  ['xai', { prices: 'x-ai', catalogue: ['xai'] }],
  ['together_ai', { prices: 'together', catalogue: ['togetherai'] }],
  ['fireworks_ai', { prices: 'fireworks', catalogue: ['fireworks-ai'], modelPrefix: 'accounts/fireworks/models/' }],
  ['openrouter', { prices: 'openrouter', catalogue: ['openrouter'] }],
  ['perplexity', { prices: 'perplexity', catalogue: ['perplexity'] }],
  ['cohere', { prices: 'cohere', catalogue: [] }],
  ['cohere_chat', { prices: 'cohere', catalogue: [] }],
  ['cerebras', { prices: 'cerebras', catalogue: ['cerebras'] }],
  ['novita', { prices: 'novita', catalogue: [] }],
  ['moonshot', { prices: 'moonshotai', catalogue: ['moonshotai'] }],
  ['minimax', { prices: 'minimax', catalogue: [] }],
  ['zai', { prices: 'zai', catalogue: ['zai'] }],
  ['voyage', { prices: 'voyageai', catalogue: [] }],
  ['cloudflare', { prices: 'cloudflare', catalogue: ['cloudflare-workers-ai'] }],
  ['github_copilot', { prices: 'github-copilot', catalogue: ['github-copilot'] }],
  ['github', { catalogue: ['github-models'] }],
  ['deepinfra', { catalogue: ['deepinfra'] }],
  ['nvidia_nim', { catalogue: ['nvidia'] }],
  ['dashscope', { catalogue: ['alibaba'] }],
  ['huggingface', { catalogue: ['huggingface'] }],
  ['baseten', { prices: 'baseten', catalogue: ['baseten'] }],
  ['ovhcloud', { prices: 'ovhcloud', catalogue: [] }],
])

/** These run on the operator's own machines: a vendor's price for a model of the same name would be a wrong bill. */
const SELF_HOSTED: ReadonlySet<string> = new Set([
  'demo',
  'hosted_vllm',
  'infinity',
  'llamafile',
  'lm_studio',
  'ollama',
  'ollama_chat',
  'xinference',
])

const NO_TABLE: TableNames = { catalogue: [] }

export function tableNamesOf(provider: string): TableNames {
  return NAMES.get(provider) ?? NO_TABLE
}

export function isProviderName(name: string): boolean {
  return NAMES.has(name)
}

export function isSelfHosted(provider: string): boolean {
  return SELF_HOSTED.has(provider)
}
