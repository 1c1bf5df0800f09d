import { newKey, newOrganization, newTeam, newUser } from '../../jwt/support/people.ts'
import { anyCall } from './denial.ts'
import type { Denial, Kinds } from './denial.ts'
import type { Random } from './random.ts'
import { denied, newCustomer, newMember, theKey, theUser } from './who.ts'

const M1 = { route: '/v1/chat/completions', model: 'm1', body: {} }

const none = (random: Random): object => random.pick([{ rpm_limit: 0 }, { tpm_limit: 0 }])
const noneOfM1 = (random: Random): object =>
  random.pick([{ model_rpm_limit: { m1: 0 } }, { model_tpm_limit: { m1: 0 } }])

const over = (who: Parameters<typeof denied>[0], call: Parameters<typeof denied>[1]): Denial =>
  denied(who, call, 'rates', 'rate_limited')

/** A rate that leaves nothing, at every level that can have one. */
export const DENIED_RATES: Kinds = {
  'of a key': async (town, random) => over(theKey(await newKey(town, none(random)), random), anyCall(random)),
  'of a key, at once': async (town, random) =>
    over(theKey(await newKey(town, { max_parallel_requests: 0 }), random), anyCall(random)),
  'of a key, for a model': async (town, random) => over(theKey(await newKey(town, noneOfM1(random)), random), M1),
  'of a key, for a model, beside its budget': async (town, random) => {
    const model_max_budget = { m1: { budget_limit: 1, rpm_limit: 0 } }
    return over(theKey(await newKey(town, { model_max_budget }), random), M1)
  },
  'of a user': async (town, random) =>
    over(await theUser(town, random, await newUser(town, none(random))), anyCall(random)),
  'of a user, for a model': async (town, random) =>
    over(await theUser(town, random, await newUser(town, noneOfM1(random))), M1),
  'of a team': async (town, random) => {
    const key = await newKey(town, { team_id: await newTeam(town, none(random)) })
    return over(theKey(key, random), anyCall(random))
  },
  'of a team, for a model': async (town, random) => {
    const key = await newKey(town, { team_id: await newTeam(town, noneOfM1(random)) })
    return over(theKey(key, random), M1)
  },
  'that a team gives to its members': async (town, random) => {
    const fields = random.pick([{ team_member_rpm_limit: 0 }, { team_member_tpm_limit: 0 }])
    return over(await theUser(town, random, ...(await newMember(town, fields))), anyCall(random))
  },
  'that a team gives to its members, for whoever is none': async (town, random) => {
    const team_id = await newTeam(town, random.pick([{ team_member_rpm_limit: 0 }, { team_member_tpm_limit: 0 }]))
    return over(theKey(await newKey(town, { team_id, user_id: await newUser(town) }), random), anyCall(random))
  },
  'of an organisation': async (town, random) => {
    const key = await newKey(town, { organization_id: await newOrganization(town, none(random)) })
    return over(theKey(key, random), anyCall(random))
  },
  'of an organisation, for a model': async (town, random) => {
    const key = await newKey(town, { organization_id: await newOrganization(town, noneOfM1(random)) })
    return over(theKey(key, random), M1)
  },
  'of a customer': async (town, random) => {
    const user = await newCustomer(town, none(random))
    const call = { route: '/v1/chat/completions', model: 'm1', body: { user } }
    return over(theKey(await newKey(town, {}), random), call)
  },
  'of a key and of its team': async (town, random) => {
    const team_id = await newTeam(town, none(random))
    return over(theKey(await newKey(town, { team_id, ...none(random) }), random), anyCall(random))
  },
}
