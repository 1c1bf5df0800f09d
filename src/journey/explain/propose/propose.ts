import type { Reason } from '../../../domain/reason.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import type { Proposer } from './for-newcomer.ts'
import { forBudget } from './for-budget.ts'
import { forSubject, forTypes } from './for-claim-forms.ts'
import {
  forAdminRoute,
  forAudience,
  forClient,
  forConditions,
  forEmail,
  forRoleRoute,
  forTeamRoute,
  forTimes,
  forType,
  forUnmappedRole,
} from './for-claims.ts'
import { forRegisteredKey, forUnmapped } from './for-key-mapping.ts'
import { withNewcomer } from './for-newcomer.ts'
import { forModel, forModelLookup, forNoTeam, forUnknownModel } from './for-model.ts'
import { forRate } from './for-rate.ts'
import { forMissingParam } from './for-request.ts'
import { forRevoked, forUndated } from './for-revocation.ts'
import { forTools } from './for-tools.ts'
import { forRole, forRoute } from './for-route.ts'
import { forBlockedKey, forCustomer, forExpiredKey, forStanding } from './for-standing.ts'
import { forAmbiguousOrganization, forUnknownOrganization, forUnknownOwner } from './for-token-owner.ts'
import { forAmbiguousTeam, forMissingTeam, forTeamHeader, forUnknownTeam } from './for-token-team.ts'

/** What could help against a refusal: things to try, the smallest first. Against the others nothing can be tried. */
export function propose(situation: Situation): readonly Change[] | Promise<readonly Change[]> {
  const proposer = PROPOSERS[situation.denied.because]
  return proposer === undefined ? [] : withNewcomer(situation, proposer)
}

/** The same reason is given for a caller without a token and at an earlier step for one with it. */
function atStep(step: string, there: Proposer, elsewhere: Proposer): Proposer {
  return (situation) => (situation.step.step === step ? there(situation) : elsewhere(situation))
}

const PROPOSERS: Readonly<Partial<Record<Reason, Proposer>>> = {
  key_blocked: forBlockedKey,
  key_expired: forExpiredKey,
  principal_blocked: atStep(
    'end-user',
    forCustomer,
    atStep('caller', forUnknownOwner, atStep('bearer', forUnknownOwner, forStanding)),
  ),
  principal_unknown: atStep('standing', forStanding, forUnknownOwner),
  team_required: atStep('standing', forStanding, forMissingTeam),
  authz_route: forRoute,
  authz_role: forRole,
  model_denied: forModel,
  model_unknown: atStep('model-lookup', forModelLookup, forUnknownModel),
  param_missing: forMissingParam,
  budget_exceeded: forBudget,
  rate_limited: forRate,
  tool_denied: forTools,
  jwt_exp_missing: forTimes,
  jwt_time_type: forTimes,
  jwt_expired: forTimes,
  jwt_lifetime: forTimes,
  jwt_not_yet_valid: forTimes,
  jwt_iat_future: forTimes,
  jwt_iat_missing: forUndated,
  jwt_revoked: forRevoked,
  jwt_time_inconsistent: forTimes,
  jwt_aud_missing: forAudience,
  jwt_aud_type: forAudience,
  jwt_aud_mismatch: forAudience,
  jwt_azp_denied: forClient,
  jwt_type_wrong: forType,
  jwt_cnf_unsupported: forType,
  jwt_sub_missing: forSubject,
  jwt_sub_invalid: forSubject,
  jwt_claim_missing: atStep('caller', forMissingTeam, forConditions),
  jwt_claim_denied: forConditions,
  jwt_claim_type: forTypes,
  jwt_key_claim_missing: forUnmapped,
  jwt_key_unmapped: atStep('registered-key', forRegisteredKey, forUnmapped),
  jwt_email_denied: forEmail,
  jwt_email_ambiguous: forUnknownOwner,
  jwt_role_unmapped: forUnmappedRole,
  jwt_role_route: forRoleRoute,
  jwt_role_model: forModel,
  jwt_scope_model: forModel,
  jwt_admin_route: forAdminRoute,
  jwt_team_route: forTeamRoute,
  team_not_in_token: atStep('registered-key', forRegisteredKey, forTeamHeader),
  team_unknown: forUnknownTeam,
  team_ambiguous: forAmbiguousTeam,
  team_no_model: forNoTeam,
  organization_unknown: forUnknownOrganization,
  organization_ambiguous: forAmbiguousOrganization,
}
