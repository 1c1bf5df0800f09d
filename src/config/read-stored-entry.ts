import type { JsonObject } from '../domain/json.ts'
import type { ModelEntry } from '../domain/model-entry.ts'
import { Findings } from './finding.ts'
import { fateOf } from './key-table.ts'
import { PARAMS_TABLE } from './known-litellm-params.ts'
import { OPENAI_PARAMS } from './known-openai-params.ts'
import { isPriceKey, looksLikePrice } from './known-price-keys.ts'
import { locateJson } from './locate-json.ts'
import { readModel } from './read-models.ts'

export interface StoredEntryText {
  readonly name: string
  readonly params: JsonObject
  readonly info: JsonObject
}

export type StoredEntry =
  | { readonly ok: true; readonly entry: ModelEntry }
  | { readonly ok: false; readonly flaws: readonly string[] }

/** Clients that manage whole models send it, and look for it afterwards. It changes nothing. */
const KEPT_WITHOUT_EFFECT = new Set(['merge_reasoning_content_in_choices'])

/** Said about a model elsewhere than in its `model_info`. */
const NOT_INFORMATION = new Set(['team_id', 'team_public_model_name', 'blocked', 'db_model'])

const NO_CREDENTIALS = { fill: <Node>(params: Node): Node => params }

/**
 * A model that came through the API, read by the tables of the configuration file. One difference: a parameter that is
 * not in them is kept for its owner to read, and has no effect.
 */
export function readStoredEntry({ name, params, info }: StoredEntryText): StoredEntry {
  const findings = new Findings()
  const node = locateJson({
    model_name: name,
    litellm_params: only(params, isKnownParam),
    model_info: only(info, (member) => !NOT_INFORMATION.has(member)),
  })
  const model = readModel(node, '', NO_CREDENTIALS, findings)
  if (model === undefined || findings.hasErrors) {
    const errors = findings.list().filter(({ severity }) => severity === 'error')
    return {
      ok: false,
      flaws: errors.map(({ key, message, suggestion }) =>
        [`\`${key.replace(/^\./, '')}\`: ${message}`, suggestion].filter((text) => text !== undefined).join(' '),
      ),
    }
  }
  return { ok: true, entry: { ...model.entry, info } }
}

function isKnownParam(name: string): boolean {
  if (KEPT_WITHOUT_EFFECT.has(name)) return false
  if (OPENAI_PARAMS.includes(name) || isPriceKey(name) || looksLikePrice(name)) return true
  return fateOf(name, PARAMS_TABLE).is !== 'unknown'
}

function only(object: JsonObject, keeps: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => keeps(name)))
}
