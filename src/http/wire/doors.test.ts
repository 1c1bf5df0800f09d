import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it, test } from 'vitest'
import { factsOf } from '../route.ts'
import { Doors } from './doors.ts'

const PATH = '/v1/chat/completions'
const PLAIN = { 'content-type': 'application/json' }

function request(method: string, url: string, headers: Readonly<Record<string, string>>): IncomingMessage {
  const made = new IncomingMessage(new Socket())
  made.method = method
  made.url = url
  Object.assign(made.headers, headers)
  return made
}

const ROUTE = factsOf('POST', PATH)

function openDoors(): Doors {
  const doors = new Doors()
  doors.open(PATH, ROUTE, () => undefined)
  return doors
}

test.each([PLAIN, { 'content-type': 'application/json; charset=utf-8' }])(
  'a request of the plainest form finds its door, and the door says what it needs',
  (headers) => {
    expect(openDoors().find(request('POST', PATH, headers))?.route).toEqual(ROUTE)
  },
)

test.each([
  ['another method', 'GET', PATH, PLAIN],
  ['another path', 'POST', '/v1/completions', PLAIN],
  ['a trailing slash', 'POST', `${PATH}/`, PLAIN],
  ['another spelling', 'POST', '/V1/chat/completions', PLAIN],
  ['an encoded letter', 'POST', '/v1/chat/%63ompletions', PLAIN],
  ['a query', 'POST', `${PATH}?a=b`, PLAIN],
  ['a browser', 'POST', PATH, { ...PLAIN, origin: 'https://example.com' }],
  ['no media type', 'POST', PATH, {}],
  ['a broken media type', 'POST', PATH, { 'content-type': 'application/json; =' }],
  ['a form', 'POST', PATH, { 'content-type': 'multipart/form-data; boundary=x' }],
])('%s is the router’s', (_what, method, url, headers) => {
  expect(openDoors().find(request(method, url, headers))).toBeUndefined()
})

it('has no door that nobody opened', () => {
  expect(new Doors().find(request('POST', '__proto__', PLAIN))).toBeUndefined()
})
