import type { TownOptions } from '../../jwt/support/town.ts'
import { DENIED_BUDGETS } from './denied-budgets.ts'
import { DENIED_KEYS } from './denied-keys.ts'
import type { Kinds } from './denial.ts'

/** Kinds of denials that one gateway can have. */
export interface Group {
  readonly name: string
  readonly options: TownOptions
  readonly kinds: Kinds
}

const KEYS: TownOptions = {
  general: { admin_only_routes: ['/model_group/info'] },
  auth: { user_id_jwt_field: 'uid' },
}

export const GROUPS: readonly Group[] = [
  { name: 'keys and users', options: KEYS, kinds: DENIED_KEYS },
  { name: 'budgets', options: KEYS, kinds: DENIED_BUDGETS },
]
