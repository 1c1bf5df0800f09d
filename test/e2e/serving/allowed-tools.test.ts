import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Answer, Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ configure: ({ apiBase }) => ({ model_list: [mockModel('m', apiBase)] }) })
})
beforeEach(() => rig.mock.clear())
afterAll(() => rig.close())

const offering = (names: readonly string[]): object => ({
  tools: names.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })),
})
const call = (key: string, more: object): Promise<Answer> => rig.post(CHAT, chat('m', more), { key })

test('AT-222: a tool outside the allow-list of the key is refused before anything is sent, wherever it stands', async () => {
  const key = await rig.newKey({ metadata: { allowed_tools: ['search'] } })
  expect((await call(key, offering(['search']))).status).toBe(200)
  const sent = rig.mock.requests.total
  for (const more of [
    offering(['search', 'pay']),
    { extra_body: offering(['pay']) },
    { functions: [{ name: 'pay' }] },
    { ...offering(['pay']), stream: true },
  ]) {
    const { status, text } = await call(key, more)
    expect(status).toBe(403)
    expect(JSON.parse(text)).toMatchObject({
      error: {
        message: "Tool(s) ['pay'] are not in the allowed tools list for this key/team.",
        type: 'tool_access_denied',
        param: 'tools',
        code: '403',
      },
    })
  }
  const responses = await rig.post(
    '/v1/responses',
    { model: 'm', input: 'x', tools: [{ type: 'web_search' }] },
    { key },
  )
  expect(responses.status).toBe(403)
  expect(rig.mock.requests.total).toBe(sent)
})

test('AT-222: and of its team; a change counts on the next call', async () => {
  const made = await rig.post('/team/new', { metadata: { allowed_tools: ['search'] } })
  const { team_id: teamId } = JSON.parse(made.text) as { team_id: string }
  const key = await rig.newKey({ team_id: teamId, metadata: { allowed_tools: ['search', 'pay'] } })
  expect((await call(key, offering(['pay']))).status).toBe(403)
  await rig.post('/team/update', { team_id: teamId, metadata: { allowed_tools: ['search', 'pay'] } })
  expect((await call(key, offering(['pay']))).status).toBe(200)
})
