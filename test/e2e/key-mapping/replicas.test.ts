import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSql } from '../../support/stores.ts'
import { good, textAt } from '../authority/support/caller.ts'
import { chatOnce, read } from '../jwt/support/asks.ts'
import { newKey, update } from '../jwt/support/people.ts'
import { SLOW, bearer, eventually, fresh } from '../jwt/support/town.ts'
import { CLIENT, map, mappingsOf, openCity, registeredKeys } from './support/city.ts'
import type { City, Replica } from './support/city.ts'

interface Made {
  readonly id: string
  readonly key: string
}

/** One of thirty seconds, with its first words there; all of its text once it is over. */
async function openStream(url: string, credential: string): Promise<Promise<string>[]> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...bearer(credential), 'content-type': 'application/json' },
    body: JSON.stringify({ model: SLOW, messages: [{ role: 'user', content: 'x' }], stream: true }),
  })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  const read = async (): Promise<string | undefined> => {
    const piece = await reader?.read().catch(() => undefined)
    return piece === undefined || piece.done ? undefined : Buffer.from(piece.value).toString()
  }
  const first = (await read()) ?? ''
  const rest = async (): Promise<string> => {
    let text = first
    for (let more = await read(); more !== undefined; more = await read()) text += more
    return text
  }
  return [rest()]
}

const AUTH = { ...CLIENT, user_id_upsert: true, team_ids_jwt_field: 'groups' }

describe('two replicas that refuse unknown clients', () => {
  let here: City
  let there: Replica

  beforeAll(async () => {
    here = await openCity('a PostgreSQL server', { auth: { ...AUTH, unregistered_jwt_client_behavior: 'reject' } })
    there = await here.open()
  })
  afterAll(() => here.close())

  async function bothSay(client: string, wanted: number): Promise<void> {
    const credential = here.idp.token({ client_id: client })
    expect((await chatOnce(here, credential)).status, 'at once where it was said').toBe(wanted)
    await eventually(async () => expect((await chatOnce(there, credential)).status).toBe(wanted), 5_000)
  }

  test('AT-168, AT-169, D-60: what is changed on one counts on both', async () => {
    const client = fresh('client')
    const key = await newKey(here, {})
    await bothSay(client, 403)
    const id = textAt(await map(here, client, key), 'id')
    await bothSay(client, 200)
    await update(here, '/jwt/key/mapping/update', { id, is_active: false })
    await bothSay(client, 403)
    await update(here, '/jwt/key/mapping/update', { id, is_active: true })
    await bothSay(client, 200)
    await update(here, '/key/block', { key })
    await bothSay(client, 401)
    await update(here, '/key/unblock', { key })
    await bothSay(client, 200)
    await update(here, '/jwt/key/mapping/update', { id, jwt_claim_value: fresh('another') })
    await bothSay(client, 403)
    await update(here, '/jwt/key/mapping/update', { id, jwt_claim_value: client })
    await bothSay(client, 200)
    const rotated = textAt(good(await here.master.post('/key/regenerate', { key })), 'key')
    await bothSay(client, 200)
    await update(here, '/key/delete', { keys: [rotated] })
    await bothSay(client, 403)
  })

  test.each([
    { what: 'the mapping', path: '/jwt/key/mapping/delete', order: ({ id }: Made) => ({ id }) },
    { what: 'the key', path: '/key/delete', order: ({ key }: Made) => ({ keys: [key] }) },
  ])('INV-20: a stream ends when $what goes', async ({ path, order }) => {
    const client = fresh('client')
    const key = await newKey(here, {})
    const id = textAt(await map(here, client, key), 'id')
    const credential = here.idp.token({ client_id: client })
    const streams = await Promise.all([here, there].map(({ gateway }) => openStream(gateway.url, credential)))
    good(await here.master.post(path, order({ id, key })))
    for (const text of await Promise.all(streams.flat())) expect(text).not.toContain('"finish_reason":"stop"')
  })

  test('a row that somebody changes by hand counts on both as well', async () => {
    const client = fresh('client')
    await map(here, client, await newKey(here, {}))
    await bothSay(client, 200)
    await runSql(here.databaseUrl, `delete from latchkey.jwt_key_mapping where value = '${client}'`)
    const credential = here.idp.token({ client_id: client })
    for (const replica of [here, there]) {
      await eventually(async () => expect((await chatOnce(replica, credential)).status).toBe(403))
    }
  })
})

describe('two replicas at which clients register themselves', () => {
  let here: City
  let there: Replica

  beforeAll(async () => {
    here = await openCity('a PostgreSQL server', {
      auth: { ...AUTH, unregistered_jwt_client_behavior: 'auto_register' },
    })
    there = await here.open()
  })
  afterAll(() => here.close())

  test('100 first requests at once: one key, one mapping, no orphan, 100 answers', async () => {
    const client = fresh('client')
    const credential = here.idp.token({ sub: fresh('person'), client_id: client })
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, (_each, index) => chatOnce(index % 2 === 0 ? here : there, credential)),
    )
    expect(verdicts.map(({ status }) => status).filter((status) => status !== 200)).toEqual([])
    const keys = await registeredKeys(here, client)
    expect(keys).toHaveLength(1)
    expect(await mappingsOf(here, client)).toHaveLength(1)
    const lines = await eventually(async () => {
      const listed = good(await here.master.get(`/spend/logs?api_key=${textAt(keys[0], 'token')}`))
      expect(listed).toHaveLength(100)
      return listed
    })
    expect(lines).toHaveLength(100)
  })

  test('different tokens of one client race just the same', async () => {
    const [client, sub] = [fresh('client'), fresh('person')]
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        chatOnce(index % 2 === 0 ? here : there, here.idp.token({ sub, client_id: client, jti: fresh('token') })),
      ),
    )
    expect(verdicts.map(({ status }) => status).filter((status) => status !== 200)).toEqual([])
    expect(await registeredKeys(here, client)).toHaveLength(1)
    expect(await mappingsOf(here, client)).toHaveLength(1)
  })

  test('AT-155: a mapping that goes in the same moment is a 503, and no wider door', async () => {
    const client = fresh('client')
    await runSql(
      here.databaseUrl,
      `create function public.take_away() returns trigger language plpgsql as $$
       begin delete from latchkey.jwt_key_mapping where mapping_id = new.mapping_id; return null; end $$;
       create constraint trigger take_away after insert on latchkey.jwt_key_mapping
       deferrable initially deferred for each row when (new.value = '${client}') execute function public.take_away()`,
    )
    const credential = here.idp.token({ sub: fresh('person'), client_id: client })
    const lost = await chatOnce(here, credential)
    expect(lost).toMatchObject({ status: 503, type: 'auth_error', reason: 'jwt_registration_lost' })
    expect(lost.message).toContain('concurrently removed')
    expect(read(await here.holder(credential).get('/v1/models'))).toMatchObject({ status: 503 })
    await runSql(here.databaseUrl, 'drop trigger take_away on latchkey.jwt_key_mapping')
    expect((await chatOnce(here, credential)).status).toBe(200)
  })

  test('a mapping that cannot be written leaves no key behind', async () => {
    const client = fresh('client')
    await runSql(
      here.databaseUrl,
      `alter table latchkey.jwt_key_mapping add constraint no_more check (value <> '${client}') not valid`,
    )
    const credential = here.idp.token({ sub: fresh('person'), client_id: client })
    expect((await chatOnce(here, credential)).status).toBeGreaterThanOrEqual(500)
    expect(await registeredKeys(here, client)).toEqual([])
    await runSql(here.databaseUrl, 'alter table latchkey.jwt_key_mapping drop constraint no_more')
    expect((await chatOnce(here, credential)).status).toBe(200)
    expect(await registeredKeys(here, client)).toHaveLength(1)
  })
})
