import { allowedToolsIn } from '../../../domain/allowed-tools.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { OFFERS, offeredTools } from '../../4-authorise/decide-tools.ts'
import { eachOrAll } from '../change-call.ts'
import { forOperators } from '../change-claims.ts'
import { changeTeam } from '../change-groups.ts'
import { changeKey } from '../change-people.ts'
import { changeBody } from '../change-request.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** The lists of the key and of its team that miss a tool of the call; else a call without tools. */
export function forTools({ principal, key, scene }: Situation): readonly Change[] {
  if (principal === undefined || principal.kind === 'master') return []
  const { team } = principal.standing
  const offered = offeredTools([scene.call.body])
  const changes: Change[] = []
  const ofTeam = withTools(team?.metadata, offered)
  if (team !== undefined && ofTeam !== undefined) {
    const say = `Let the team ${team.id} offer ${listed(offered)}.`
    // What else stands in a team's metadata is not for its members to read.
    changes.push(forOperators(changeTeam(team, say, { metadata: ofTeam }, (row) => ({ ...row, metadata: ofTeam }))))
  }
  const ofKey = withTools(key?.metadata, offered)
  if (key !== undefined && ofKey !== undefined) {
    const say = (name: string): string => `Let the key ${name} offer ${listed(offered)}.`
    changes.push(changeKey(key, say, { metadata: ofKey }, (row) => ({ ...row, metadata: ofKey })))
  }
  const sent = Object.keys(scene.call.body).filter((name) => OFFERS.has(name))
  const without = changeBody('Leave the tools out.', Object.fromEntries(sent.map((name) => [name, null])))
  return [...eachOrAll(changes), without]
}

/** Undefined: nothing is missing. What has no name is in no list. */
function withTools(metadata: JsonObject | undefined, offered: readonly string[]): JsonObject | undefined {
  const list = allowedToolsIn(metadata)
  const missing = offered.filter((name) => list?.includes(name) === false)
  if (metadata === undefined || list === undefined || missing.length === 0 || missing.includes('')) return undefined
  const kept = Array.isArray(metadata['allowed_tools']) ? metadata['allowed_tools'] : []
  return { ...metadata, allowed_tools: [...kept, ...missing] }
}

function listed(names: readonly string[]): string {
  return `the tools ${names.join(', ')}`
}
