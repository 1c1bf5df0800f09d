import type { TownOptions } from '../../jwt/support/town.ts'
import { DENIED_BUDGETS } from './denied-budgets.ts'
import { CLAIMS_TOWN, DENIED_CLAIMS } from './denied-claims.ts'
import { DENIED_CREDENTIALS } from './denied-credentials.ts'
import { DENIED_GROUPS, GROUPS_TOWN } from './denied-groups.ts'
import { DENIED_KEYS } from './denied-keys.ts'
import { DENIED_POLICY, POLICY_TOWN } from './denied-policy.ts'
import { DENIED_RATES } from './denied-rates.ts'
import { DENIED_ROLES, ROLES_TOWN } from './denied-roles.ts'
import { DENIED_TOKENS, TOKENS_TOWN } from './denied-tokens.ts'
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
  { name: 'rates', options: KEYS, kinds: DENIED_RATES },
  { name: 'claims with one team', options: CLAIMS_TOWN, kinds: DENIED_CLAIMS },
  { name: 'groups', options: GROUPS_TOWN, kinds: DENIED_GROUPS },
  { name: 'roles', options: ROLES_TOWN, kinds: DENIED_ROLES },
  { name: 'policy', options: POLICY_TOWN, kinds: DENIED_POLICY },
  { name: 'tokens by their claims', options: TOKENS_TOWN, kinds: DENIED_TOKENS },
  { name: 'credentials', options: TOKENS_TOWN, kinds: DENIED_CREDENTIALS },
]
