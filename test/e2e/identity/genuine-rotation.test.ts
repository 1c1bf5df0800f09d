import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, chatOnce } from '../jwt/support/asks.ts'
import { eventually, fresh } from '../jwt/support/town.ts'
import type { GenuineProvider } from './support/genuine-provider.ts'
import { AUDIENCE, GATEWAY, ROBOT, startGenuineProvider } from './support/genuine-provider.ts'
import { opened } from './support/site.ts'
import { recordsOf, spent, trailOf } from './support/trail.ts'

let idp: GenuineProvider

beforeAll(async () => {
  idp = await startGenuineProvider()
})

afterAll(() => idp.stop())

const site = opened(() => ({
  auth: {
    user_id_upsert: true,
    public_key_ttl: 1,
    issuers: [{ issuer: idp.issuer, audience: AUDIENCE, user_id_jwt_field: 'sub' }],
  },
}))

test('AT-044: the provider changes its keys, and everybody stays who they are', async () => {
  const { here } = site()
  const login = fresh('login')
  idp.employs(login)
  const before = [await idp.robotToken(), (await idp.personToken(login, GATEWAY)).access] as const
  const calls = [await chatOnce(here, before[0]), await chatOnce(here, before[1])]

  idp.rotate()
  const after = [await idp.robotToken(), (await idp.personToken(login, GATEWAY)).access] as const
  expect(kidOf(after[0])).not.toBe(kidOf(before[0]))
  calls.push(await chatOnce(here, after[0]), await chatOnce(here, after[1]))
  // Those of the key before go on while it is published.
  calls.push(await chatOnce(here, before[0]), await chatOnce(here, before[1]))

  const accounts = await Promise.all(calls.map((call) => accountOf(here, call)))
  expect(accounts.map(({ user }) => user)).toEqual([ROBOT.id, login, ROBOT.id, login, ROBOT.id, login])
  for (const id of [ROBOT.id, login]) {
    const cost = accounts.filter(({ user }) => user === id).reduce((sum, { line }) => sum + Number(line['spend']), 0)
    await spent(here, id, cost)
    expect((await trailOf(here, id)).calls).toHaveLength(3)
    expect(await recordsOf(here, id)).toHaveLength(1)
  }
})

test('AC-035: a key that the provider withdraws ends its tokens, remembered ones too', async () => {
  const { here } = site()
  const old = await idp.robotToken()
  expect((await chatOnce(here, old)).status).toBe(200)
  idp.rotate()
  idp.withdrawOldKeys()
  // A second new key within half a minute is not asked for at once; the key set is read again when it is old.
  await eventually(async () => {
    const { status, reason } = await chatOnce(here, old)
    expect([status, reason]).toEqual([401, 'jwt_kid_unknown'])
  })
  expect((await chatOnce(here, await idp.robotToken())).status).toBe(200)
})

function kidOf(token: string): unknown {
  const header: Readonly<Record<string, unknown>> = JSON.parse(
    Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
  )
  return header['kid']
}
