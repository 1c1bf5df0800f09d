import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { ModelParams } from '../domain/model-entry.ts'
import type { Findings } from './finding.ts'
import { PARAMS, PARAMS_TABLE } from './known-litellm-params.ts'
import { OPENAI_PARAMS } from './known-openai-params.ts'
import { isPriceKey, PRICE_KEYS } from './known-price-keys.ts'
import { isAbsent, toJson } from './located.ts'
import type { LocatedEntry, LocatedMap } from './located.ts'
import { refuseSecrets } from './plain-json.ts'
import { readPrices, refuseUnknownPrice } from './read-prices.ts'
import { Section } from './section.ts'
import { firstOf, withoutAbsent } from './without-absent.ts'

/** `litellm_params`: known members, prices, and OpenAI parameters that become defaults. */
export function readParams(node: LocatedMap, key: string, findings: Findings): ModelParams | undefined {
  const rest = new Map<string, LocatedEntry>()
  const presets = new Map<string, LocatedEntry>()
  for (const [name, entry] of node.entries) {
    if (OPENAI_PARAMS.includes(name)) presets.set(name, entry)
    else if (!isPriceKey(name) && !refuseUnknownPrice(name, entry, key, findings)) rest.set(name, entry)
  }
  const section = Section.open({ ...node, entries: rest }, key, PARAMS_TABLE, findings, {
    names: [...OPENAI_PARAMS, ...PRICE_KEYS],
  })
  const prices = readPrices(node.entries, key, findings)
  const defaults = readDefaults(presets, key, findings)
  const members = readMembers(section)
  // Its values are in the node already; here only its type is checked.
  section.take(PARAMS.credentialName)

  const model = section.take(PARAMS.model)
  if (model === undefined) {
    if (isAbsent(node.entries.get('model')?.value)) findings.error(node.place, `${key}.model`, 'The model is missing.')
    return undefined
  }
  return { model, ...members, prices, defaults }
}

function readDefaults(presets: ReadonlyMap<string, LocatedEntry>, key: string, findings: Findings): JsonObject {
  const defaults: [string, JsonValue][] = []
  for (const [name, entry] of presets) {
    if (isAbsent(entry.value) || refuseSecrets(entry.value, `${key}.${name}`, name, findings)) continue
    defaults.push([name, toJson(entry.value)])
  }
  return Object.fromEntries(defaults)
}

function readMembers(section: Section): Omit<ModelParams, 'model' | 'prices' | 'defaults'> {
  const written = {
    apiKey: section.take(PARAMS.apiKey),
    apiBase: firstOf(section.take(PARAMS.apiBase), section.take(PARAMS.baseUrl)),
    apiVersion: section.take(PARAMS.apiVersion),
    organization: section.take(PARAMS.organization),
    customLlmProvider: section.take(PARAMS.customLlmProvider),
    rpm: section.take(PARAMS.rpm),
    tpm: section.take(PARAMS.tpm),
    weight: section.take(PARAMS.weight),
    order: section.take(PARAMS.order),
    maxParallelRequests: section.take(PARAMS.maxParallelRequests),
    timeoutMs: section.take(PARAMS.timeoutMs),
    streamTimeoutMs: section.take(PARAMS.streamTimeoutMs),
    numRetries: firstOf(section.take(PARAMS.numRetries), section.take(PARAMS.maxRetries)),
    cooldownMs: section.take(PARAMS.cooldownMs),
    mockResponse: section.take(PARAMS.mockResponse),
  }
  const headers = section.take(PARAMS.headers) ?? new Map()
  const extraHeaders = section.take(PARAMS.extraHeaders) ?? new Map()
  const extraBody = section.take(PARAMS.extraBody) ?? {}
  return { ...withoutAbsent(written), extraHeaders: new Map([...headers, ...extraHeaders]), extraBody }
}
