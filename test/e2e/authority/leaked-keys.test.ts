import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import { callerOf, good, textAt } from './support/caller.ts'
import type { Caller } from './support/caller.ts'
import { freshKey } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'

const REPORT = '/key/report_leaked'
const NOBODYS = 'sk-0123456789abcdefABCDEF0123456789xyz'

let realm: Realm
let master: Caller
/** All that a scanner of public places needs. */
let scanner: Caller

beforeAll(async () => {
  realm = await startRealm()
  ;({ master } = realm.cast)
  const { key } = await freshKey(master, { user_id: realm.cast.pa.id, allowed_routes: [REPORT] })
  scanner = callerOf(realm.port, key)
})

afterAll(() => realm.close())

async function opens(key: string): Promise<number> {
  return (await callerOf(realm.port, key).chat('m1')).status
}

describe('K-15: secrets that were found in the open', () => {
  test('are blocked at once where they are keys, and the reporter does not learn which', async () => {
    const [one, other, bystander] = [await freshKey(master, {}), await freshKey(master, {}), await freshKey(master, {})]
    const answers = [
      await scanner.post(REPORT, { key: one.key }),
      await scanner.post(REPORT, { key: one.key }),
      await scanner.post(REPORT, { key: NOBODYS }),
      await scanner.post(REPORT, { keys: [MASTER_KEY] }),
      await scanner.post(REPORT, { keys: ['ghp_of_somebody_else'] }),
      await scanner.post(REPORT, { keys: [bystander.hash] }),
    ]
    expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [200, '{"received":1}']))
    expect(good(await scanner.post(REPORT, { keys: [NOBODYS, other.key, NOBODYS, 'x'] }))).toEqual({ received: 3 })

    expect([await opens(one.key), await opens(other.key)]).toEqual([401, 401])
    expect([await opens(bystander.key), await opens(MASTER_KEY)]).toEqual([200, 200])
    const { audit_logs } = JSON.parse((await master.get(`/audit?object_id=${one.hash}&action=blocked`)).text)
    expect(audit_logs).toMatchObject([{ actor: realm.cast.pa.id, route: REPORT }])
    // A log comes when it comes.
    const told = (): string => realm.gateway.stdout() + realm.gateway.stderr()
    await expect.poll(told, { timeout: 20_000 }).toContain('the master key was reported as leaked')
    expect(told()).not.toContain(one.key)
  })

  test('so is a key whose secret of before was found while it still opens', async () => {
    const first = await freshKey(master, {})
    const second = textAt(good(await master.post('/key/regenerate', { key: first.key, grace_period: '1h' })), 'key')
    good(await scanner.post(REPORT, { key: first.key }))
    expect([await opens(first.key), await opens(second)]).toEqual([401, 401])
  })

  test('a report names something, and a scanner can do nothing else', async () => {
    for (const body of [{}, { keys: [] }, { keys: 'sk-x' }, { key: 7 }]) {
      expect([400, 422]).toContain((await scanner.post(REPORT, body)).status)
    }
    expect((await scanner.post('/key/generate', {})).status).toBe(403)
    expect((await scanner.post('/key/unblock', { key: NOBODYS })).status).toBe(403)
    expect((await realm.cast.u2.post(REPORT, { key: NOBODYS })).status).toBe(401)
  })
})
