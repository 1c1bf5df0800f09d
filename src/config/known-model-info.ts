import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { aJsonObject, aText, aWholeNumber, listOf, oneOf } from './readers.ts'

const MOST_TOKENS = 1_000_000_000

const MODES = [
  'chat',
  'completion',
  'embedding',
  'image_generation',
  'image_edit',
  'audio_transcription',
  'audio_speech',
  'moderation',
  'rerank',
  'responses',
  'realtime',
  'batch',
  'video_generation',
  'ocr',
  'search',
  'vector_store',
] as const

export const MODEL = {
  name: honour('model_name', aText, 'The name that callers use. Required; may be a wildcard such as `openai/*`.'),
  params: honour('litellm_params', aJsonObject, 'See below. Required.'),
  info: honour('model_info', aJsonObject, 'Free-form, shown by `/model/info`; prices and limits in it count.'),
}

export const MODEL_TABLE: KeyTable = {
  section: 'model_list[]',
  honoured: Object.values(MODEL),
  moot: {},
  unsupported: {},
}

export const INFO = {
  id: honour('id', aText, 'The id of the deployment. Default: made of name and parameters.'),
  baseModel: honour('base_model', aText, 'The model whose price and limits count.'),
  mode: honour('mode', oneOf(...MODES), 'What kind of model it is.'),
  maxTokens: honour('max_tokens', aWholeNumber(0, MOST_TOKENS), 'As max_output_tokens, which wins.'),
  maxInputTokens: honour(
    'max_input_tokens',
    aWholeNumber(0, MOST_TOKENS),
    'The longest prompt; shown by `/model/info`.',
  ),
  maxOutputTokens: honour(
    'max_output_tokens',
    aWholeNumber(0, MOST_TOKENS),
    'The longest answer: what a call under a budget reserves where it says none itself.',
  ),
  accessGroups: honour('access_groups', listOf(aText), 'Names that stand for this model in the model list of a key.'),
}

const NO_HEALTH_CHECKS = 'providers are not probed in the background.'

/** `model_info` is free-form: a key that is not here is kept as it is. */
export const INFO_TABLE: KeyTable = {
  section: 'model_list[].model_info',
  honoured: Object.values(INFO),
  moot: {
    health_check_model: NO_HEALTH_CHECKS,
    health_check_timeout: NO_HEALTH_CHECKS,
    health_check_voice: NO_HEALTH_CHECKS,
    disable_background_health_check: NO_HEALTH_CHECKS,
    db_model: 'a model of the file is none of the store.',
  },
  unsupported: {
    blocked: 'remove the entry instead.',
    team_id: 'models of teams are made through the API (`/model/new`).',
    team_public_model_name: 'models of teams are made through the API (`/model/new`).',
    access_windows: 'hours of access are not in this version.',
    allow_fail_open: 'a check that fails refuses.',
    enable_tag_filtering: 'routing by tags is not in this version; use separate model names.',
    supported_environments: 'entries are not chosen by environment; use one file for each.',
  },
  unsupportedPatterns: [{ like: 'ptu_*', matches: /^ptu_/, because: 'reserved capacity is not in this version.' }],
}
