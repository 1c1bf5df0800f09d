import { allowedToolsIn } from '../../domain/allowed-tools.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { shown } from '../../domain/shown-text.ts'

/** Members in which a call offers tools to the model; the second one is the older way. */
export const OFFERS: ReadonlySet<string> = new Set(['tools', 'functions'])

const MOST_NAMED = 10

/**
 * May the model be offered the tools that stand in these objects? The key's list and its team's count both, so that no key is a way around its team.
 * Tools of the provider's own are known by their type.
 */
export function decideTools(principal: Principal, places: readonly JsonObject[]): Decision<undefined> {
  const lists = allowLists(principal)
  if (lists.length === 0) return allow(undefined)
  const denied = offeredTools(places).filter((name) => !lists.every((list) => list.includes(name)))
  if (denied.length === 0) return allow(undefined)
  const names = denied.slice(0, MOST_NAMED).map((name) => `'${shown(name)}'`)
  return deny(
    'tool-denied',
    'tool_denied',
    `Tool(s) [${names.join(', ')}] are not in the allowed tools list for this key/team.`,
  )
}

/** By name, each once. */
export function offeredTools(places: readonly JsonObject[]): readonly string[] {
  return [...new Set(places.flatMap(offersIn).flatMap(toolsOf))]
}

/** The key's own and its team's. */
export function allowLists(principal: Principal): readonly (readonly string[])[] {
  if (principal.kind === 'master') return []
  return [keyOf(principal)?.metadata, principal.standing.team?.metadata].flatMap((metadata) => {
    const list = allowedToolsIn(metadata)
    return list === undefined ? [] : [list]
  })
}

function offersIn(place: JsonObject): readonly JsonValue[] {
  return Object.entries(place).flatMap(([name, offer]) => (OFFERS.has(name) ? [offer] : []))
}

function toolsOf(offer: JsonValue): readonly string[] {
  if (offer === null) return []
  return Array.isArray(offer) ? offer.flatMap(namesOf) : [NONE]
}

/** What no list has in it. */
const NONE = ''

/** Every name by which a provider may know the tool: `function.name`, `name`, and the type of what is none of the caller's. */
function namesOf(tool: JsonValue): readonly string[] {
  if (!isObject(tool)) return [NONE]
  const { type, name } = tool
  const inner = [tool['function'], tool['custom']].filter((one) => one !== undefined)
  const said = inner.map((one) => (isObject(one) ? one['name'] : undefined))
  if (name !== undefined) said.push(name)
  if (type !== undefined && type !== 'function' && type !== 'custom') said.push(type)
  return said.length === 0 ? [NONE] : said.map((one) => (typeof one === 'string' ? one : NONE))
}
