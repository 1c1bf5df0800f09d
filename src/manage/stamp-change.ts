import { restamped } from '../domain/stamps.ts'
import type { Stamps } from '../domain/stamps.ts'
import { isSame } from './describe-change.ts'
import { changer } from './ports.ts'
import type { Ask, ManagePorts } from './ports.ts'

/** The row as it shall be, with who changed it; the one that there is where nothing differs. */
export function stampChange<Row extends Pick<Stamps, 'updatedAt' | 'updatedBy'>>(
  current: Row,
  wished: Row,
  ask: Pick<Ask, 'origin'>,
  { clock }: Pick<ManagePorts, 'clock'>,
): Row {
  return isSame(current, wished) ? current : restamped(wished, changer(ask), clock.now())
}
