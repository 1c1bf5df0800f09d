import { newKey, newOrganization, newTeam, newUser, update } from '../../jwt/support/people.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall } from './denial.ts'
import type { Kinds } from './denial.ts'
import { denied, newCustomer, newMember, theKey, theUser } from './who.ts'

const M1 = { route: '/v1/chat/completions', model: 'm1', body: {} }
/** Too little for one call. */
const CRUMB = 0.000001

/** A budget without room, at every level that can have one. */
export const DENIED_BUDGETS: Kinds = {
  'of a key': async (town, random) => {
    const key = await newKey(town, { max_budget: random.pick([0, CRUMB]) })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a key, by a shared row': async (town, random) => {
    const budget_id = fresh('budget')
    await update(town, '/budget/new', { budget_id, max_budget: CRUMB })
    const key = await newKey(town, { budget_id })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a team': async (town, random) => {
    const key = await newKey(town, { team_id: await newTeam(town, { max_budget: random.pick([0, CRUMB]) }) })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a member': async (town, random) => {
    const who = await theUser(town, random, ...(await newMember(town, {}, { max_budget_in_team: CRUMB })))
    return denied(who, anyCall(random), 'budget', 'budget_exceeded')
  },
  'that a team gives to its members': async (town, random) => {
    const who = await theUser(town, random, ...(await newMember(town, { team_member_budget: CRUMB })))
    return denied(who, anyCall(random), 'budget', 'budget_exceeded')
  },
  'that a team gives to its members, for whoever is none': async (town, random) => {
    const team_id = await newTeam(town, random.pick([{ team_member_budget: CRUMB }, { team_member_budget: 0 }]))
    const key = await newKey(town, { team_id, user_id: await newUser(town) })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a user': async (town, random) => {
    const who = await theUser(town, random, await newUser(town, { max_budget: random.pick([0, CRUMB]) }))
    return denied(who, anyCall(random), 'budget', 'budget_exceeded')
  },
  'of an organisation': async (town, random) => {
    const key = await newKey(town, { organization_id: await newOrganization(town, { max_budget: CRUMB }) })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a customer': async (town, random) => {
    const user = await newCustomer(town, { max_budget: random.pick([0, CRUMB]) })
    const call = { route: '/v1/chat/completions', model: 'm1', body: { user } }
    return denied(theKey(await newKey(town, {}), random), call, 'budget', 'budget_exceeded')
  },
  'of a model, by its key': async (town, random) => {
    const written = random.pick(['m1', 'm*', 'openai/m1'])
    const key = await newKey(town, { model_max_budget: { [written]: { budget_limit: random.pick([0, CRUMB]) } } })
    return denied(theKey(key, random), M1, 'budget', 'budget_exceeded')
  },
  "of a model, by its key's shared row": async (town, random) => {
    const budget_id = fresh('budget')
    await update(town, '/budget/new', { budget_id, model_max_budget: { m1: { max_budget: CRUMB } } })
    return denied(theKey(await newKey(town, { budget_id }), random), M1, 'budget', 'budget_exceeded')
  },
  'of a model, by its team': async (town, random) => {
    const model_max_budget = { m1: { budget_limit: CRUMB, time_period: '1d' } }
    const key = await newKey(town, { team_id: await newTeam(town, { model_max_budget }) })
    return denied(theKey(key, random), M1, 'budget', 'budget_exceeded')
  },
  'of a model, by its user': async (town, random) => {
    const user = await newUser(town, { model_max_budget: { m1: { budget_limit: CRUMB } } })
    return denied(await theUser(town, random, user), M1, 'budget', 'budget_exceeded')
  },
  'of a key in a week, and for a model': async (town, random) => {
    const budget_limits = [
      { budget_duration: '7d', max_budget: 0 },
      { budget_duration: '30d', max_budget: random.pick([0, 1]) },
    ]
    const key = await newKey(town, { budget_limits, model_max_budget: { m1: { budget_limit: CRUMB } } })
    return denied(theKey(key, random), M1, 'budget', 'budget_exceeded')
  },
  'of a tag': async (town, random) => {
    const name = fresh('tag')
    await update(town, '/tag/new', { name, max_budget: random.pick([0, CRUMB]) })
    const key = await newKey(town, { tags: [name] })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
  'of a key and of its team': async (town, random) => {
    const team_id = await newTeam(town, { max_budget: CRUMB })
    const key = await newKey(town, { team_id, max_budget: 0 })
    return denied(theKey(key, random), anyCall(random), 'budget', 'budget_exceeded')
  },
}
