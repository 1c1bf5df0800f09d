import type { Decision } from '../domain/decision.ts'
import type { Attempt } from '../ports/registry.ts'
import type { Ask, ManagePorts } from './ports.ts'

/** what is refused before anything is looked at goes on record like what is refused later. */
export async function onRecord<Granted>(
  decided: Decision<Granted>,
  about: Attempt,
  { origin }: Pick<Ask, 'origin'>,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<Decision<Granted>> {
  return decided.verdict === 'allow' ? decided : registry.change<never>(origin, about, async () => decided)
}
