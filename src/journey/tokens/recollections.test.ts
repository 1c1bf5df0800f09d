import { expect, test } from 'vitest'
import type { Sight } from '../3-identify/learn.ts'
import { Recollections } from './recollections.ts'

interface Rules {
  readonly name: string
}

function remembering(): {
  recall: (rules: Rules, route: string) => string | undefined
  rules: Rules
  world: { ann: object }
} {
  const recollections = new Recollections<object, readonly [Rules, string], string>()
  const [token, rules, ann] = [{}, { name: 'rules' }, { name: 'ann' }]
  const world = { ann }
  const seen: Sight[] = [{ peek: () => world.ann, fact: ann }]
  recollections.keep(token, [rules, '/chat'], 'ann, who may', seen)
  return { recall: (...of) => recollections.recall(token, ...of), rules, world }
}

test('the same is answered again', () => {
  const { recall, rules } = remembering()
  expect([recall(rules, '/chat'), recall(rules, '/chat')]).toEqual(['ann, who may', 'ann, who may'])
})

test('other rules or another route are another question, however equal they look', () => {
  const { recall, rules } = remembering()
  expect([recall({ ...rules }, '/chat'), recall(rules, '/models')]).toEqual([undefined, undefined])
})

test('a fact that the directory now tells otherwise ends it, an unknown one too', () => {
  const { recall, rules, world } = remembering()
  world.ann = { name: 'ann' }
  expect(recall(rules, '/chat')).toBeUndefined()
})

test('nothing is known of others', () => {
  expect(new Recollections<object, readonly [], string>().recall({})).toBeUndefined()
})
