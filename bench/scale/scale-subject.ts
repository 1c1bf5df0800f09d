import type { StatementTap } from '../../test/support/statement-tap.ts'
import type { StartedGateway } from '../subjects.ts'
import type { ScaleSize } from './fill-store.ts'

export interface ScaleSubject extends StartedGateway {
  readonly size: ScaleSize
  readonly salt: string
  readonly tap: StatementTap | undefined
}
