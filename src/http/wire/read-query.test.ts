import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { readQuery } from './read-query.ts'

/** What a client's query is read as. */
async function read(query: string): Promise<Readonly<Record<string, string>>> {
  const app = Fastify()
  app.get('/', (request) => Object.fromEntries(readQuery(request)))
  return (await app.inject({ url: `/?${query}` })).json()
}

test('a plus is a plus in names of people and in addresses, as gateway-api 1.1 has it', async () => {
  expect(
    await read('user_id=a+b&user_email=a%2Bb@example.com&end_user_id=ana+x@example.com&key_alias=a+b%40c'),
  ).toEqual({
    user_id: 'a+b',
    user_email: 'a+b@example.com',
    end_user_id: 'ana+x@example.com',
    key_alias: 'a+b@c',
  })
})

test('and a space elsewhere, as forms write it', async () => {
  const sent = { start_date: '2026-01-01 00:00:00', key_alias: 'my + key', team_id: 'team one', end_user_id: 'c 1' }
  expect(await read(String(new URLSearchParams(sent)))).toEqual(sent)
})
