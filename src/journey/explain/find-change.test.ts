import { expect, test } from 'vitest'
import { CHAT } from '../../../test/support/token-makers.ts'
import { deny } from '../../domain/decision.ts'
import { changeBody } from './change-request.ts'
import { findChange } from './find-change.ts'
import { NOTHING_IMAGINED } from './imagined-directory.ts'
import type { Outcome } from './run-scene.ts'
import type { Change, Scene } from './scene.ts'

const SCENE: Scene = {
  subject: { is: 'master' },
  call: { route: CHAT, method: 'POST', operation: undefined, pathModel: undefined, headers: new Map(), body: {} },
  facts: NOTHING_IMAGINED,
  settings: { policy: undefined, routes: { served: undefined, adminOnly: [], opensPassThrough: false } },
}

/** Refused for the first of the rules that is not met, each by a member of the body. */
function outcomeOf(scene: Scene, rules: readonly string[]): Outcome {
  const missing = rules.find((rule) => !(rule in scene.call.body))
  const denied = missing === undefined ? undefined : deny('param-missing', 'param_missing', missing)
  return {
    denied,
    steps: [],
    proof: undefined,
    principal: undefined,
    provisions: [],
    noRoom: undefined,
    noRate: undefined,
  }
}

const change = (name: string): Change => changeBody(name, { [name]: true })

async function find(rules: readonly string[], proposals: Readonly<Record<string, readonly string[]>>) {
  let runs = 0
  const found = await findChange(SCENE, outcomeOf(SCENE, rules), {
    run: async (scene) => {
      runs += 1
      return outcomeOf(scene, rules)
    },
    propose: (_, { denied }) => (proposals[denied?.say ?? ''] ?? []).map(change),
  })
  return { found: found?.map(({ say }) => say), runs }
}

test('the first that helps by itself', async () => {
  expect(await find(['a'], { a: ['x', 'a', 'b'] })).toEqual({ found: ['a'], runs: 2 })
})

test('one after the other, where each leads to the next refusal', async () => {
  expect((await find(['a', 'b', 'c'], { a: ['a'], b: ['x', 'b'], c: ['c'] })).found).toEqual(['a', 'b', 'c'])
})

test('nothing that can be left out', async () => {
  const rules = ['a', 'b']
  const both = { ...changeBody('both', { a: true, b: true }) }
  const found = await findChange(SCENE, outcomeOf(SCENE, rules), {
    run: async (scene) => outcomeOf(scene, rules),
    propose: (_, { denied }) => (denied?.say === 'a' ? [change('a')] : [both]),
  })
  expect(found).toEqual([both])
})

test('what leads nowhere is not followed', async () => {
  expect(await find(['a'], { a: ['x', 'y'] })).toEqual({ found: undefined, runs: 2 })
  expect((await find(['a', 'b'], { a: ['a'], b: ['x'] })).found).toBeUndefined()
})

test('what others build on comes first', async () => {
  const rules = ['a', 'b']
  const api = (path: string, name: string): Change => ({
    ...change(name),
    steps: [{ api: { method: 'POST', path, body: {} } }],
  })
  const member = api('/team/member_add', 'a')
  const team = api('/team/new', 'b')
  const found = await findChange(SCENE, outcomeOf(SCENE, rules), {
    run: async (scene) => outcomeOf(scene, rules),
    propose: (_, { denied }) => (denied?.say === 'a' ? [member] : [team]),
  })
  expect(found).toEqual([team, member])
})

test('an end is found where every change has a next refusal', async () => {
  const names = Array.from({ length: 30 }, (_, at) => `r${at}`)
  const { found, runs } = await find(names, Object.fromEntries(names.map((name) => [name, [name, `${name}x`]])))
  expect(found).toBeUndefined()
  expect(runs).toBeLessThanOrEqual(80)
})
