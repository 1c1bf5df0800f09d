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
