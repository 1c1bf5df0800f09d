import { newKey, newOrganization, newTeam, newUser, update } from '../../jwt/support/people.ts'
import { eventually, fresh } from '../../jwt/support/town.ts'
import { anyCall, modelsBut } from './denial.ts'
import type { Kinds } from './denial.ts'
import { denied, newCustomer, newMember, nobody, theKey, theUser } from './who.ts'

const offering = (...names: readonly string[]) => ({
  route: '/v1/chat/completions',
  model: 'm1',
  body: { tools: names.map((name) => ({ type: 'function', function: { name, parameters: {} } })) },
})

/** Keys and users that may not. */
export const DENIED_KEYS: Kinds = {
  'a blocked key': async (town, random) => {
    const key = await newKey(town, {})
    await update(town, '/key/block', { key })
    return denied(theKey(key, random), anyCall(random), 'proof', 'key_blocked')
  },
  'an expired key': async (town, random) => {
    const key = await newKey(town, { duration: '1s' })
    await eventually(async () => {
      const { status } = await town.holder(key).get('/v1/models')
      if (status !== 401) throw new Error('it is still good')
    })
    return denied(theKey(key, random), anyCall(random), 'proof', 'key_expired')
  },
  'a model that the key may not use': async (town, random) => {
    const call = anyCall(random)
    const key = await newKey(town, { models: modelsBut(call.model) })
    return denied(theKey(key, random), call, 'model', 'model_denied')
  },
  'a model that the team may not use': async (town, random) => {
    const call = anyCall(random)
    const key = await newKey(town, { team_id: await newTeam(town, { models: modelsBut(call.model) }) })
    return denied(theKey(key, random), call, 'model', 'model_denied')
  },
  'a model that neither key nor team may use': async (town, random) => {
    const call = anyCall(random)
    const team_id = await newTeam(town, { models: modelsBut(call.model) })
    const key = await newKey(town, { team_id, models: modelsBut(call.model).slice(0, 1) })
    return denied(theKey(key, random), call, 'model', 'model_denied')
  },
  'a model that the member may not use': async (town, random) => {
    const call = anyCall(random)
    const [user, team] = await newMember(town, { default_team_member_models: modelsBut(call.model) })
    return denied(await theUser(town, random, user, team), call, 'model', 'model_denied')
  },
  'a model that the user may not use': async (town, random) => {
    const user = await newUser(town, { models: ['no-default-models'] })
    return denied(await theUser(town, random, user), anyCall(random), 'model', 'model_denied')
  },
  'a model that the organisation may not use': async (town, random) => {
    const call = anyCall(random)
    const organization_id = await newOrganization(town, { models: modelsBut(call.model) })
    const key = await newKey(town, { organization_id })
    return denied(theKey(key, random), call, 'model', 'model_denied')
  },
  'a model that neither the team nor its organisation may use': async (town, random) => {
    const call = anyCall(random)
    const organization_id = await newOrganization(town, { models: modelsBut(call.model) })
    const team_id = await newTeam(town, { organization_id, models: modelsBut(call.model).slice(0, 1) })
    return denied(theKey(await newKey(town, { team_id }), random), call, 'model', 'model_denied')
  },
  'a model that nobody has': async (town, random) => {
    const key = await newKey(town, random.next() < 0.5 ? {} : { models: ['m1', 'm4'] })
    return denied(theKey(key, random), { ...anyCall(random), model: 'm4' }, 'model', 'model_unknown')
  },
  'a fallback that the key may not use': async (town, random) => {
    const key = await newKey(town, { models: ['m1'] })
    const body = { fallbacks: [random.pick(['m2', 'm3'])] }
    const call = { route: '/v1/chat/completions', model: 'm1', body }
    return denied(theKey(key, random), call, 'fallback', 'model_denied')
  },
  'a route that the key may not call': async (town, random) => {
    const key = await newKey(town, { allowed_routes: [random.pick(['/v1/models', '/key/info', 'info_routes'])] })
    return denied(theKey(key, random), anyCall(random), 'route', 'authz_route')
  },
  'a route for administrators alone': async (town, random) => {
    const key = await newKey(town, { user_id: await newUser(town) })
    return denied(theKey(key, random), { route: '/model_group/info', method: 'GET' }, 'route', 'authz_route')
  },
  'a role that is too low to look': async (town, random) => {
    const route = random.pick(['/audit', '/global/spend', '/budget/list'])
    const who = await theUser(town, random, await newUser(town))
    return denied(who, { route, method: 'GET' }, 'route', 'authz_role')
  },
  'a key without a user that would administer': async (town, random) => {
    const key = await newKey(town, { key_alias: fresh('robot') })
    const route = random.pick(['/audit', '/global/spend', '/user/list'])
    return denied(theKey(key, random), { route, method: 'GET' }, 'route', 'authz_role')
  },
  'a viewer that calls a model': async (town, random) => {
    const user = await newUser(town)
    const who = await theUser(town, random, user)
    const user_role = random.pick(['internal_user_viewer', 'proxy_admin_viewer'])
    await update(town, '/user/update', { user_id: user, user_role })
    return denied(who, anyCall(random), 'route', 'authz_role')
  },
  'a blocked user': async (town, random) => {
    const user = await newUser(town)
    const who = await theUser(town, random, user)
    await update(town, '/user/update', { user_id: user, blocked: true })
    return denied(who, anyCall(random), 'standing', 'principal_blocked')
  },
  'a deactivated user': async (town, random) => {
    const user = await newUser(town)
    const who = await theUser(town, random, user)
    await update(town, '/user/update', { user_id: user, metadata: { scim_active: false } })
    return denied(who, anyCall(random), 'standing', 'principal_blocked')
  },
  'a user that nobody knows': async (_town, random) =>
    denied(nobody(fresh('nobody')), anyCall(random), 'standing', 'principal_unknown'),
  'a user that is no member of the team': async (town, random) => {
    const who = nobody(await newUser(town), await newTeam(town))
    return denied(who, anyCall(random), 'standing', 'team_required')
  },
  'a team that is gone': async (town, random) => {
    const who = nobody(await newUser(town), fresh('gone'))
    return denied(who, anyCall(random), 'standing', 'principal_unknown')
  },
  'a blocked team': async (town, random) => {
    const team_id = await newTeam(town)
    const key = await newKey(town, { team_id })
    await update(town, '/team/block', { team_id })
    return denied(theKey(key, random), anyCall(random), 'standing', 'principal_blocked')
  },
  'a blocked customer': async (town, random) => {
    const user = await newCustomer(town, {})
    await update(town, '/customer/block', { user_ids: [user] })
    const call = { route: '/v1/chat/completions', model: 'm1', body: { user } }
    return denied(theKey(await newKey(town, {}), random), call, 'end-user', 'principal_blocked')
  },
  'a parameter that the key asks for': async (town, random) => {
    const key = await newKey(town, { enforced_params: [random.pick(['user', 'metadata.project'])] })
    const call = { route: '/v1/chat/completions', model: 'm1' }
    return denied(theKey(key, random), call, 'enforced-params', 'param_missing')
  },
  'a model that there is not, with a key that may use none': async (town, random) => {
    const team_id = await newTeam(town, { models: random.pick([['m1'], ['m1', 'm2']]) })
    const key = await newKey(town, { team_id, models: ['no-default-models'] })
    return denied(theKey(key, random), { ...anyCall(random), model: fresh('nothing') }, 'model', 'model_denied')
  },
  'the one model that a key may use, where there is none of it': async (town, random) => {
    const model = fresh('nothing')
    const key = await newKey(town, { models: [model] })
    return denied(theKey(key, random), { ...anyCall(random), model }, 'model', 'model_unknown')
  },
  'a look at a model that the key may not call': async (town, random) => {
    const key = await newKey(town, { models: ['m1'] })
    const route = random.pick(['/v1/models/m2', '/models/m3'])
    return denied(theKey(key, random), { route, method: 'GET' }, 'model-lookup', 'model_unknown')
  },
  "a tool that is not on the key's list": async (town, random) => {
    const metadata = { allowed_tools: random.pick([['weather'], ['weather', 'time']]), purpose: 'x' }
    return denied(theKey(await newKey(town, { metadata }), random), offering('shell'), 'tools', 'tool_denied')
  },
  "tools that are not on the list of the key's team": async (town, random) => {
    const team_id = await newTeam(town, { metadata: { allowed_tools: ['weather'] } })
    return denied(theKey(await newKey(town, { team_id }), random), offering('shell', 'mail'), 'tools', 'tool_denied')
  },
  'a tool that is on neither list': async (town, random) => {
    const team_id = await newTeam(town, { metadata: { allowed_tools: ['weather'] } })
    const key = await newKey(town, { team_id, metadata: { allowed_tools: ['weather'] } })
    return denied(theKey(key, random), offering('weather', 'shell'), 'tools', 'tool_denied')
  },
  'a tool without a name': async (town, random) => {
    const key = await newKey(town, { metadata: { allowed_tools: ['weather'] } })
    const body = random.pick([{ tools: [{ type: 'function' }] }, { functions: [{}] }])
    return denied(theKey(key, random), { ...offering(), body }, 'tools', 'tool_denied')
  },
  'several at once': async (town, random) => {
    const call = anyCall(random)
    const [user_id, team_id] = await newMember(town, { models: modelsBut(call.model), max_budget: 0 })
    await update(town, '/user/update', { user_id, max_budget: 0 })
    const key = await newKey(town, { team_id, user_id, models: modelsBut(call.model).slice(0, 1) })
    await update(town, '/team/block', { team_id })
    await update(town, '/key/block', { key })
    return denied(theKey(key, random), call, 'proof', 'key_blocked')
  },
}
