import { expect, test } from 'vitest'
import type { ShownExplanation } from '../../contract/explanation.ts'
import { renderAnswer } from './render-answer.ts'

const ALLOWED: ShownExplanation = {
  verdict: 'allow',
  status: 200,
  reason: null,
  message: 'The call would be allowed.',
  route: '/v1/models',
  method: 'GET',
  steps: [{ step: 'proof', outcome: 'allow', reason: null, inputs: { credential: 'token', expires: null } }],
  principal: { kind: 'user', user_id: 'ada', team_id: null },
  provision: [{ make: 'user', user_id: 'ada' }],
  settings: ['litellm_jwtauth.user_id_upsert'],
  change: null,
  advice: null,
  correlation_id: 'c-1',
}

test('what is allowed: the steps, the caller, what would be made, and what decided', () => {
  expect(renderAnswer(ALLOWED)).toBe(`allowed: GET /v1/models (200)
  The call would be allowed.
steps:
  ok   proof
       credential: "token"
caller:
  kind: "user"
  user_id: "ada"
would be made:
  {"make":"user","user_id":"ada"}
settings that decide:
  litellm_jwtauth.user_id_upsert
call id: c-1
`)
})

const REFUSED: ShownExplanation = {
  ...ALLOWED,
  verdict: 'deny',
  status: 403,
  reason: 'jwt_team_route',
  message: 'No.',
  steps: [{ step: 'team', outcome: 'deny', reason: 'jwt_team_route', inputs: {} }],
  principal: null,
  provision: [],
  settings: [],
}

test('what is refused: the step, and what would allow it', () => {
  const change = {
    say: 'Unblock the team blue.',
    steps: [
      { api: { method: 'POST', path: '/team/unblock', body: { team_id: 'blue' } } },
      { claim: 'groups', value: [] },
    ],
  }
  expect(renderAnswer({ ...REFUSED, change })).toBe(`refused: GET /v1/models (403, jwt_team_route)
  No.
steps:
  DENY team jwt_team_route
what would allow it:
  Unblock the team blue.
    POST /team/unblock {"team_id":"blue"}
    {"claim":"groups","value":[]}
call id: c-1
`)
  expect(renderAnswer({ ...REFUSED, advice: 'Get a new token.' })).toContain('what to do:\n  Get a new token.\n')
})

test('what others wrote cannot steer a terminal, nor turn its text around', () => {
  const evil = 'a\u001b[2J\u009b31m\u202eb\u2066c\u200f'
  const step = { step: 'claims', outcome: 'allow', reason: null, inputs: { subject: evil } } as const
  const change = { say: evil, steps: [{ claim: evil, value: evil }] }
  const text = renderAnswer({ ...REFUSED, message: evil, route: evil, steps: [step], change, correlation_id: evil })
  expect(text).not.toMatch(/[\u001b\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
  expect(text).toContain('a\\u001b[2J\\u009b31m\\u202eb')
})
