import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { readQuery } from './read-query.ts'

/** What a client's query is read as. */
async function read(query: string): Promise<Readonly<Record<string, string>>> {
  const app = Fastify()
  app.get('/', (request) => Object.fromEntries(readQuery(request)))
  return (await app.inject({ url: `/?${query}` })).json()
}

test('a plus is a plus in ids and addresses, as gateway-api 1.1 has it', async () => {
  expect(await read('user_id=ana+x@example.com&user_email=a%2Bb@example.com')).toEqual({
    user_id: 'ana+x@example.com',
    user_email: 'a+b@example.com',
  })
})

test('and a space in free texts and times, as forms write it', async () => {
  const written = new URLSearchParams({ start_date: '2026-01-01 00:00:00', key_alias: 'my + key', user_id: 'a+b' })
  expect(await read(String(written))).toEqual({
    start_date: '2026-01-01 00:00:00',
    key_alias: 'my + key',
    user_id: 'a+b',
  })
})
