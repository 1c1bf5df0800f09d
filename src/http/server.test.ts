import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { parseCallId } from '../domain/ids.ts'
import type { EdgePorts } from './route.ts'
import { openRoute, plainRoute } from './route.ts'
import { buildServer } from './server.ts'
import { Doors } from './wire/doors.ts'
import { Upgrades } from './wire/upgrades.ts'

const CALL_ID = parseCallId('3f0e6f0e-5d0e-4a57-9f0e-2b1f0c7a1d11')
let app: FastifyInstance

function server(): FastifyInstance {
  app = buildServer({
    newCallId: () => {
      if (CALL_ID === undefined) throw new Error('not a call id')
      return CALL_ID
    },
    onFault: () => undefined,
    onProblem: () => undefined,
    corsOrigins: [],
    doors: new Doors(),
    upgrades: new Upgrades(),
    exposeRejectReason: false,
  })
  return app
}

afterEach(() => app.close())

/** An edge that describes routes and serves none. */
const EDGE = { described: [] } as unknown as EdgePorts
const answer = async (): Promise<object> => ({})

test('N-40: connections are bounded', () => {
  expect(server().server.maxConnections).toBe(20_000)
})

describe('AC-071: a route without a policy stops the start, and is named', () => {
  test('one that says nothing of what it needs', () => {
    expect(() => server().get('/forgotten', answer)).toThrow('The route GET /forgotten does not declare what it needs.')
  })

  test('one that asks for a credential and has no row in the access table', () => {
    const route = { method: 'POST', paths: ['/forgotten/:key'], summary: 'Forgotten', answer } as const
    expect(() => plainRoute(server(), EDGE, route)).toThrow('The route POST /forgotten/{key} has no row')
  })

  test('one that has a row for another method only', () => {
    const route = { method: 'DELETE', paths: ['/key/generate'], summary: 'Forgotten', answer } as const
    expect(() => plainRoute(server(), EDGE, route)).toThrow('The route DELETE /key/generate has no row')
  })

  test('one that asks for no credential where its row does', () => {
    const route = { method: 'GET', paths: ['/key/info'], summary: 'Forgotten', answer } as const
    expect(() => openRoute(server(), EDGE, route)).toThrow('The route GET /key/info is not for everybody.')
  })
})
