import { NO_MODELS } from './effective.ts'
import type { Stamps } from './stamps.ts'

/** A name for several models, given to keys and teams by its id. */
export interface AccessGroup extends Stamps {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly models: readonly string[]
  readonly mcpServerIds: readonly string[]
  readonly agentIds: readonly string[]
}

interface GroupHolder {
  readonly models: readonly string[]
  readonly accessGroupIds: readonly string[]
}

/** With the group or without it. Who is left with nothing has nothing: two empty lists would restrict no more. */
export function switchGroup<Holder extends GroupHolder>(holder: Holder, id: string, on: boolean): Holder {
  const others = holder.accessGroupIds.filter((each) => each !== id)
  if (on) return { ...holder, accessGroupIds: [...others, id] }
  const isEmptied = others.length + holder.models.length === 0
  return { ...holder, accessGroupIds: others, models: isEmptied ? [NO_MODELS] : holder.models }
}
