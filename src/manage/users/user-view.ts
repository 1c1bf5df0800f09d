import type { TeamId } from '../../domain/ids.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { User } from '../../domain/user.ts'

/** A user with what belongs beside the row. */
export interface UserView {
  readonly user: User
  readonly spend: PicoUsd
  /** Of the budgets of single models, in their present windows. */
  readonly modelSpend?: ReadonlyMap<string, PicoUsd>
  readonly teams: readonly TeamId[]
  /** Of the latest link to a provider. */
  readonly subject: string | undefined
}
