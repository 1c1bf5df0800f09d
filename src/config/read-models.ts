import type { JsonObject } from '../domain/json.ts'
import { LONGEST_MODEL_NAME } from '../domain/model-names.ts'
import type { ModelEntry } from '../domain/model-entry.ts'
import type { Findings, Place } from './finding.ts'
import { INFO, INFO_TABLE, MODEL, MODEL_TABLE } from './known-model-info.ts'
import { fateOf } from './key-table.ts'
import { kindOf, placeOf } from './located.ts'
import type { Located, LocatedEntry, LocatedMap } from './located.ts'
import { plainJson } from './plain-json.ts'
import type { Credentials } from './read-credentials.ts'
import { readParams } from './read-params.ts'
import { readPrices, refuseUnknownPrice } from './read-prices.ts'
import { Section } from './section.ts'

/** A model and where it is written, for checks that compare models. */
export interface LocatedModel {
  readonly entry: ModelEntry
  /** `model_info.id`, when the operator chose one. */
  readonly id?: string
  readonly key: string
  readonly place: Place
  /** Where the members are written that say who answers, or would be. */
  readonly places: Readonly<Record<PlacedMember, Place>>
}

export type PlacedMember = 'model' | 'custom_llm_provider' | 'api_base' | 'id'

export function readModels(
  node: Located | undefined,
  credentials: Credentials,
  defaultMaxParallel: number | undefined,
  findings: Findings,
): readonly LocatedModel[] {
  if (node === undefined) return []
  if (node.kind !== 'list') {
    findings.error(node.place, 'model_list', `Expected a list of models, found ${kindOf(node)}.`)
    return []
  }
  return node.items.flatMap((item, index) => {
    const model = readModel(item, `model_list[${index}]`, credentials, findings)
    if (model === undefined) return []
    const { params } = model.entry
    if (defaultMaxParallel === undefined || params.maxParallelRequests !== undefined) return [model]
    return [{ ...model, entry: { ...model.entry, params: { ...params, maxParallelRequests: defaultMaxParallel } } }]
  })
}

/** `credentials` puts in what an entry takes from a credential that it names. */
export function readModel(
  node: Located,
  key: string,
  credentials: Pick<Credentials, 'fill'>,
  findings: Findings,
): LocatedModel | undefined {
  if (node.kind !== 'map') {
    findings.error(node.place, key, `Expected a map with model_name and litellm_params, found ${kindOf(node)}.`)
    return undefined
  }
  const section = Section.open(node, key, MODEL_TABLE, findings)
  const name = section.take(MODEL.name)
  if (section.node('model_name') === undefined)
    findings.error(node.place, `${key}.model_name`, 'model_name is missing.')
  if (name !== undefined && name.length > LONGEST_MODEL_NAME)
    findings.error(
      section.placeOf(MODEL.name),
      `${key}.model_name`,
      `model_name has more than ${LONGEST_MODEL_NAME} characters.`,
    )

  const info = readInfo(section.node('model_info'), `${key}.model_info`, findings)
  const filled = readEntryParams(section, credentials, findings)
  if (name === undefined || filled === undefined || info === undefined) return undefined

  const { params, written } = filled
  const places = {
    model: placeOf(written, 'model'),
    custom_llm_provider: placeOf(written, 'custom_llm_provider'),
    api_base: placeOf(written, 'api_base', 'base_url'),
    id: placeOf(section.node('model_info') ?? node, 'id'),
  }
  const entry = { name, params: { ...params, prices: new Map([...info.prices, ...params.prices]) }, info: info.json }
  return { entry, key, place: node.place, places, ...(info.id === undefined ? {} : { id: info.id }) }
}

function readEntryParams(section: Section, credentials: Pick<Credentials, 'fill'>, findings: Findings) {
  const key = section.pathOf('litellm_params')
  const node = section.node('litellm_params')
  if (node === undefined) {
    const suggestion = 'Write at least `litellm_params: {model: provider/model}`.'
    findings.error(section.place, key, 'litellm_params is missing.', suggestion)
    return undefined
  }
  if (node.kind !== 'map') {
    findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`)
    return undefined
  }
  const written = credentials.fill(node, key)
  const params = readParams(written, key, findings)
  return params === undefined ? undefined : { params, written }
}

interface Info {
  readonly id?: string
  readonly json: JsonObject
  readonly prices: ModelEntry['params']['prices']
}

function readInfo(node: Located | undefined, key: string, findings: Findings): Info | undefined {
  if (node === undefined) return { json: {}, prices: new Map() }
  if (node.kind !== 'map') {
    findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`)
    return undefined
  }
  const section = Section.open(knownMembers(node, key, findings), key, INFO_TABLE, findings)
  const id = section.take(INFO.id)
  for (const known of [INFO.baseModel, INFO.mode, INFO.accessGroups]) section.take<unknown>(known)
  const written = plainJson.read(node, key, findings)
  const json = written === undefined ? undefined : { ...written, ...readLimits(section) }
  const prices = readPrices(node.entries, key, findings)
  return json === undefined ? undefined : { json, prices, ...(id === undefined ? {} : { id }) }
}

/** In quotes, or in a variable, they are numbers too. */
function readLimits(section: Section): JsonObject {
  const limits = [INFO.maxTokens, INFO.maxInputTokens, INFO.maxOutputTokens]
  return Object.fromEntries(
    limits.flatMap((known) => {
      const value = section.take(known)
      return value === undefined ? [] : [[known.name, value]]
    }),
  )
}

/** Only members that mean something to us; the rest is free-form. */
function knownMembers(node: LocatedMap, key: string, findings: Findings): LocatedMap {
  const known = new Map<string, LocatedEntry>()
  for (const [name, entry] of node.entries) {
    if (fateOf(name, INFO_TABLE).is !== 'unknown') known.set(name, entry)
    else refuseUnknownPrice(name, entry, key, findings)
  }
  return { ...node, entries: known }
}
