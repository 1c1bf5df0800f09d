import type { AccessGroup } from '../../domain/access-group.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TeamId } from '../../domain/ids.ts'
import type { GroupHolders } from '../../ports/registry.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { scopeOf } from '../scope-of.ts'
import { groupNotFound } from './write-access-group.ts'
import type { HeldGroup } from './write-access-group.ts'

const NOBODY: GroupHolders = { teams: [], keys: [] }
const MOST_TEAMS = 10_000

/** All for proxy administrators; for others those that a team of theirs holds, and of its holders those teams. */
export async function listAccessGroups(ask: Ask, ports: ManagePorts): Promise<readonly HeldGroup[]> {
  const { rooms } = ports.registry
  const groups = await rooms.accessGroups.list()
  const holders = await rooms.accessGroups.holders(groups.map(({ id }) => id))
  const all = groups.map((group) => ({ group, holders: holders.get(group.id) ?? NOBODY }))
  if (ask.reach.scope === 'all') return all

  const own = await teamsOf(ask, ports)
  return all.flatMap(({ group, holders: held }) => {
    const teams = held.teams.filter((id) => own.has(id))
    return teams.length === 0 ? [] : [{ group, holders: { teams, keys: [] } }]
  })
}

export async function readAccessGroup(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<HeldGroup>> {
  const found = (await listAccessGroups(ask, ports)).find(({ group }) => group.id === id)
  return found === undefined ? groupNotFound(id) : allow(found)
}

/** A group as the older routes have it: a name for models. */
export interface NamedGroup {
  readonly name: string
  readonly models: readonly string[]
  readonly deployments: number
}

/** Those of the store, and for administrators also those that models name themselves. */
export async function listNamedGroups(ask: Ask, ports: ManagePorts): Promise<readonly NamedGroup[]> {
  const held = await listAccessGroups(ask, ports)
  const catalogue = ports.catalogue()
  const named = new Map<string, Set<string>>()
  for (const { group } of held) named.set(group.name, new Set(group.models))
  if (ask.reach.scope === 'all') {
    const ids = new Set(held.map(({ group }) => group.id))
    for (const [name, models] of catalogue.accessGroups()) {
      if (!ids.has(name)) named.set(name, new Set([...(named.get(name) ?? []), ...models]))
    }
  }
  return [...named].map(([name, models]) => ({
    name,
    models: [...models],
    deployments: [...models].reduce((count, model) => count + catalogue.group(model).length, 0),
  }))
}

export async function readNamedGroup(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<NamedGroup>> {
  const found = (await listNamedGroups(ask, ports)).find((group) => group.name === name)
  return found === undefined ? groupNotFound(name) : allow(found)
}

/** The row behind a name. */
export async function groupNamed(name: string, { registry }: ManagePorts): Promise<AccessGroup | undefined> {
  return (await registry.rooms.accessGroups.list()).find((group) => group.name === name)
}

async function teamsOf(ask: Ask, { registry }: ManagePorts): Promise<ReadonlySet<TeamId>> {
  const { rows } = await registry.rooms.teams.list({
    scope: scopeOf(ask.reach),
    page: 1,
    size: MOST_TEAMS,
    sort: 'team_id',
    order: 'asc',
  })
  return new Set(rows.map(({ id }) => id))
}
