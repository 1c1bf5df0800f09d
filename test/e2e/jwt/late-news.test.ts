import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { openStatementTap } from '../../support/statement-tap.ts'
import type { StatementTap } from '../../support/statement-tap.ts'
import { createDatabase } from '../../support/stores.ts'
import { accountOf, chatOnce } from './support/asks.ts'
import type { ChatAsk } from './support/asks.ts'
import { join, newOrganization, newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

/** Two processes of one database, of which one hears late of what the other has written. */
describe('design 1.6: who was given something is not refused for want of it by a process that has not heard of it yet', () => {
  let idp: IdentityProvider
  let database: Awaited<ReturnType<typeof createDatabase>>
  let tap: StatementTap
  let here: Town
  let there: Town

  const auth = {
    user_id_jwt_field: 'sub',
    team_ids_jwt_field: 'groups',
    org_id_jwt_field: 'org',
    fallback_to_db_teams: true,
    enforce_team_based_model_access: true,
  }

  beforeAll(async () => {
    idp = await startIdentityProvider()
    database = await createDatabase()
    tap = await openStatementTap(database.url)
    here = await openTown({ idp, auth, databaseUrl: database.url })
    there = await openTown({ idp, auth, databaseUrl: tap.url })
  })
  afterAll(async () => {
    await Promise.all([here.close(), there.close()])
    await tap.close()
    await database.drop()
    await idp.stop()
  })

  /** What the very next request there is answered after `give`, by which time nothing of that can be known there. */
  async function nextAfter(give: () => Promise<void>, token: string, wanted: ChatAsk = {}): Promise<unknown> {
    const letGo = tap.holdNews()
    try {
      await give()
      const verdict = await chatOnce(there, token, wanted)
      return verdict.status === 200 ? (await accountOf(there, verdict)).team : [verdict.status, verdict.reason]
    } finally {
      letGo()
    }
  }

  /** Who has a team already, and is known with it at both. */
  async function newMember(): Promise<{ readonly user: string; readonly token: string }> {
    const user = await newUser(here)
    await join(here, await newTeam(here), user)
    const token = idp.token({ sub: user, n: fresh('token') })
    for (const town of [here, there, there]) expect((await chatOnce(town, token)).status).toBe(200)
    return { user, token }
  }

  test('a membership that a header names', async () => {
    const team = await newTeam(here)
    const { user, token } = await newMember()
    expect(await nextAfter(() => join(here, team, user), token, { team })).toBe(team)
  })

  test('a model of the team', async () => {
    const user = await newUser(here)
    const team = await newTeam(here, { models: ['m1'] })
    await join(here, team, user)
    const token = idp.token({ sub: user })
    expect((await chatOnce(there, token)).status).toBe(200)
    const give = (): Promise<void> => update(here, '/team/update', { team_id: team, models: ['m1', 'm2'] })
    expect(await nextAfter(give, token, { model: 'm2' })).toBe(team)
  })

  test('the team itself, the user, and the organisation', async () => {
    const [sub, org] = [fresh('person'), fresh('org')]
    const token = idp.token({ sub, org })
    expect((await chatOnce(there, token)).status).toBe(401)
    const later = idp.token({ sub, org, n: 2 })
    const team = fresh('team')
    const give = async (): Promise<void> => {
      await newUser(here, { user_id: sub })
      await newTeam(here, { team_id: team })
      await join(here, team, sub)
      await newOrganization(here, { organization_id: org })
    }
    expect(await nextAfter(give, later)).toBe(team)
  })

  test('who still has nothing is refused as ever, again and again', async () => {
    const team = await newTeam(here)
    const { token } = await newMember()
    for (let n = 0; n < 5; n += 1) {
      expect(await nextAfter(async () => {}, token, { team })).toEqual([403, 'team_not_in_token'])
    }
  })
})
