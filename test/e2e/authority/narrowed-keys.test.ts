import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEAD, callerOf, good, textAt } from './support/caller.ts'
import { freshKey, freshMapping, freshName, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { stateOf } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

async function administrator(): Promise<string> {
  const body = { user_id: freshName('user', 'amber'), user_role: 'proxy_admin', auto_create_key: false }
  return textAt(good(await realm.cast.master.post('/user/new', body)), 'user_id')
}

describe('INV-12: a narrowed key of an administrator leads to no wider right', () => {
  test('neither by a new key, a rotation, an administrator of its making nor the account of one', async () => {
    const { master, pa, u2 } = realm.cast
    const manager = callerOf(realm.port, (await freshKey(master, { user_id: pa.id, key_type: 'management' })).key)
    const wide = await freshKey(master, { user_id: u2.id })
    const before = await stateOf(master)

    for (const [path, body] of [
      ['/key/generate', { user_id: u2.id, key_type: 'llm_api' }],
      ['/key/regenerate', { key: wide.hash }],
      ['/key/update', { key: wide.hash, user_id: pa.id }],
      ['/user/new', { user_id: freshName('user', 'amber'), user_role: 'proxy_admin' }],
      ['/user/update', { user_id: u2.id, user_role: 'proxy_admin' }],
      ['/user/update', { user_id: pa.id, password: 'a password of somebody else 7' }],
      ['/invitation/new', { user_id: pa.id }],
    ] as const) {
      expect.soft((await manager.post(path, body)).status, path).toBe(403)
    }
    expect(await stateOf(master)).toBe(before)

    const made = good(await manager.post('/key/generate', { user_id: u2.id }))
    expect(DEAD).toContain((await callerOf(realm.port, textAt(made, 'key')).chat('m1')).status)
  })

  test('it still manages: limits, blocks and keys of its own kind', async () => {
    const { master, pa, u2 } = realm.cast
    const manager = callerOf(realm.port, (await freshKey(master, { user_id: pa.id, key_type: 'management' })).key)
    const wide = await freshKey(master, { user_id: u2.id })
    good(await manager.post('/key/update', { key: wide.hash, max_budget: 1 }))
    good(await manager.post('/key/block', { key: wide.hash }))
    good(await manager.post('/key/unblock', { key: wide.hash }))
    good(await manager.post('/key/regenerate', { key: manager.hash }))
  })

  test('it makes no key that outlives it or sheds what else binds it, and does not so itself', async () => {
    const { master, pa, u2 } = realm.cast
    const bounds = { duration: '1h', max_budget: 5, rpm_limit: 3, tags: ['own'], enforced_params: ['user'] }
    const fields = { user_id: pa.id, key_type: 'management', ...bounds, metadata: { allowed_tools: ['look'] } }
    const manager = callerOf(realm.port, (await freshKey(master, fields)).key)
    const other = await freshKey(master, { user_id: u2.id })
    const before = await stateOf(master)

    for (const more of [
      { duration: '30d' },
      { max_budget: 6 },
      { rpm_limit: 4 },
      { tags: ['other'] },
      { enforced_params: ['metadata'] },
      { metadata: { allowed_tools: ['look', 'touch'] } },
    ]) {
      const name = JSON.stringify(more)
      expect.soft([name, (await manager.post('/key/generate', more)).status]).toEqual([name, 403])
      expect
        .soft([name, (await manager.post('/key/update', { key: manager.hash, ...more })).status])
        .toEqual([name, 403])
      expect
        .soft([name, (await manager.post('/key/regenerate', { key: manager.hash, ...more })).status])
        .toEqual([name, 403])
    }
    expect((await manager.post('/key/update', { key: manager.hash, duration: '-1' })).status).toBe(403)
    expect((await manager.post('/key/update', { key: manager.hash, max_budget: null })).status).toBe(403)
    expect(await stateOf(master)).toBe(before)

    good(await manager.post('/key/generate', { duration: '30m', max_budget: 1, tags: ['own', 'more'] }))
    good(await manager.post('/key/update', { key: manager.hash, max_budget: 4 }))
    good(await manager.post('/key/update', { key: other.hash, max_budget: 100, duration: '30d' }))
  })

  describe('nor by what leads to another account or key:', () => {
    const NARROWED = { models: ['m1'] }
    const ALICE = { issuer: 'https://idp.example', subject: 'alice' }

    test('an identity, a merge and its undoing', async () => {
      const { master, pa } = realm.cast
      const narrowed = callerOf(realm.port, (await freshKey(master, { user_id: pa.id, ...NARROWED })).key)
      const [mallory, boss, former] = [await freshUser(master, 'amber'), await administrator(), await administrator()]
      const merged = good(await master.post('/user/merge', { survivor: boss, duplicate: former }))
      const before = await stateOf(master)

      for (const [path, body] of [
        ['/user/identity/link', { user_id: boss, ...ALICE }],
        ['/user/merge', { survivor: boss, duplicate: mallory }],
        ['/user/merge', { survivor: mallory, duplicate: boss }],
        ['/user/merge', { survivor: boss, duplicate: mallory, dry_run: true }],
        ['/user/merge/undo', { merge_id: merged['merge_id'] }],
      ] as const) {
        expect.soft((await narrowed.post(path, body)).status, path).toBe(403)
      }
      expect(await stateOf(master)).toBe(before)

      const [alike, twin] = [await freshUser(master, 'amber', NARROWED), await freshUser(master, 'amber', NARROWED)]
      good(await narrowed.post('/user/identity/link', { user_id: alike, ...ALICE }))
      const plain = good(await narrowed.post('/user/merge', { survivor: alike, duplicate: twin }))
      good(await narrowed.post('/user/merge/undo', { merge_id: plain['merge_id'] }))
      good(await master.post('/user/merge/undo', { merge_id: merged['merge_id'] }))
    })

    test('a claim that stands for a wider key', async () => {
      const { master, pa, u2 } = realm.cast
      const narrowed = callerOf(realm.port, (await freshKey(master, { user_id: pa.id, ...NARROWED })).key)
      const [wide, alike] = [await freshKey(master, { user_id: u2.id }), await freshKey(master, NARROWED)]
      const of = (hash: string): object => ({
        jwt_claim_name: 'azp',
        jwt_claim_value: freshName('client', 'amber'),
        token: hash,
      })
      const known = { id: await freshMapping(master, 'amber', wide.hash) }
      const own = { id: await freshMapping(master, 'amber', alike.hash) }
      good(await master.post('/jwt/key/mapping/update', { ...known, is_active: false }))

      for (const [path, body] of [
        ['/jwt/key/mapping/new', of(wide.hash)],
        ['/jwt/key/mapping/update', { ...own, token: wide.hash }],
        ['/jwt/key/mapping/update', { ...known, is_active: true }],
        ['/jwt/key/mapping/update', { ...known, is_active: true, jwt_claim_value: 'mallory' }],
      ] as const) {
        expect.soft((await narrowed.post(path, body)).status, JSON.stringify(body)).toBe(403)
      }
      good(await narrowed.post('/jwt/key/mapping/new', of(alike.hash)))
      good(await narrowed.post('/jwt/key/mapping/update', { ...own, jwt_claim_value: freshName('client', 'amber') }))
      good(await narrowed.post('/jwt/key/mapping/update', { ...known, description: 'closed for good' }))
      good(await narrowed.post('/jwt/key/mapping/delete', known))
    })
  })
})
