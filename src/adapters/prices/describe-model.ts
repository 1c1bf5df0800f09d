import type { ModelInfo } from '@pydantic/genai-prices'
import { writePriceKey } from '../../domain/price-key.ts'
import { rateNumber } from '../../domain/price.ts'
import type { ModelCapabilities, ModelMode, ModelQuery } from '../../ports/model-facts.ts'
import { spellingsOf } from './find-table-entry.ts'
import type { PriceCell } from './price-cells.ts'
import { tableNamesOf } from './provider-names.ts'

/** What we read of a row of the catalogue of limits and abilities. */
export interface CatalogueModel {
  readonly id: string
  readonly reasoning?: boolean
  readonly tool_call?: boolean
  readonly modalities?: { readonly input?: readonly string[]; readonly output?: readonly string[] }
  readonly limit?: { readonly context?: number; readonly input?: number; readonly output?: number }
}

export type Catalogue = Readonly<Record<string, { readonly models: Readonly<Record<string, CatalogueModel>> }>>

const MODES: readonly (readonly [RegExp, ModelMode])[] = [
  [/embed|^voyage-\d|\bbge-|\bgte-/, 'embedding'],
  [/moderation/, 'moderation'],
  [/rerank/, 'rerank'],
  [/whisper|transcribe/, 'audio_transcription'],
  [/\btts\b/, 'audio_speech'],
  [/dall-e|gpt-image|imagen|flux|stable-diffusion/, 'image_generation'],
  [/turbo-instruct|^(?:davinci|babbage)-002$/, 'completion'],
]

/** Gathers what the tables say of a model. What none of them knows is left out, not guessed. */
export function describeModel(
  query: ModelQuery,
  catalogue: Catalogue,
  entry: ModelInfo | undefined,
  cells: readonly PriceCell[],
): ModelCapabilities {
  const row = findRow(query, catalogue)
  const known = row ?? entry
  const mode = known === undefined ? undefined : modeOf(known.id)
  return {
    ...(known !== undefined && { key: known.id }),
    litellm_provider: query.provider,
    ...(mode !== undefined && { mode }),
    ...limitsOf(row, entry, mode),
    ...(row !== undefined && abilitiesOf(row)),
    ...(cells.some((cell) => cell.unit === 'cachedInput') && { supports_prompt_caching: true }),
    ...Object.fromEntries(cells.map((cell) => [writePriceKey(cell), rateNumber(cell.rate)])),
  }
}

function findRow(query: ModelQuery, catalogue: Catalogue): CatalogueModel | undefined {
  for (const [provider, model] of spellingsOf(query, query.model)) {
    for (const name of provider === undefined ? [] : tableNamesOf(provider).catalogue) {
      const models = catalogue[name]?.models
      if (models !== undefined && Object.hasOwn(models, model)) return models[model]
    }
  }
  return undefined
}

function modeOf(id: string): ModelMode {
  const name = id.toLowerCase()
  return MODES.find(([pattern]) => pattern.test(name))?.[1] ?? 'chat'
}

type Limits = Pick<ModelCapabilities, 'max_tokens' | 'max_input_tokens' | 'max_output_tokens'>

function limitsOf(row: CatalogueModel | undefined, entry: ModelInfo | undefined, mode: ModelMode | undefined): Limits {
  const input = positive(row?.limit?.input) ?? positive(row?.limit?.context) ?? positive(entry?.context_window)
  // An embedding's output limit is the size of its vector.
  const output = mode === 'embedding' ? undefined : positive(row?.limit?.output)
  const most = output ?? input
  return {
    ...(most !== undefined && { max_tokens: most }),
    ...(input !== undefined && { max_input_tokens: input }),
    ...(output !== undefined && { max_output_tokens: output }),
  }
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}

function abilitiesOf(row: CatalogueModel): Partial<ModelCapabilities> {
  const { input, output } = row.modalities ?? {}
  return {
    ...(row.tool_call !== undefined && { supports_function_calling: row.tool_call }),
    ...(row.reasoning !== undefined && { supports_reasoning: row.reasoning }),
    ...(input !== undefined && {
      supports_vision: input.includes('image'),
      supports_pdf_input: input.includes('pdf'),
      supports_audio_input: input.includes('audio'),
    }),
    ...(output !== undefined && { supports_audio_output: output.includes('audio') }),
  }
}
