import { expect, test } from 'vitest'
import type { Deployment } from '../../domain/deployment.ts'
import { ModelCatalogue } from '../../domain/model-catalogue.ts'
import { Secret } from '../../domain/secret.ts'
import { SessionModels } from './session-models.ts'

function deployment(group: string, key = 'one'): Deployment {
  const target = { kind: 'http', wire: 'openai', host: 'from-our-config', origin: 'https://p', basePath: '/v1' }
  const own = { apiVersion: undefined, apiKey: new Secret(key), headers: new Map() }
  const named = { id: group, group, provider: 'openai', upstreamModel: `up-${group}`, entry: { info: {} } }
  return { ...named, target: { ...target, ...own } } as never
}

const voice = deployment('voice')
const catalogue = new ModelCatalogue([voice, deployment('other'), deployment('far', 'two')], {
  models: new Map(),
  groups: new Map(),
})
const MASTER = { kind: 'master' } as const

function opened(openedAs = 'voice'): SessionModels {
  const model = { group: 'voice', names: ['voice'], deployments: [voice], star: undefined }
  return new SessionModels({ asked: 'voice', model, deployment: voice, upstreamModel: 'up-voice' }, openedAs)
}

const update = (model: string): { type: string; session: { model: string } } => ({
  type: 'session.update',
  session: { model },
})

test('Z-32: names go up as the upstream knows them, and come back as the client does', () => {
  const models = opened()
  expect(models.decide(update('other'), MASTER, catalogue)).toMatchObject({ granted: update('up-other') })
  expect(models.current.asked).toBe('voice')
  expect(models.show({ type: 'session.updated', session: { model: 'up-other' } })).toMatchObject({
    session: { model: 'other' },
  })
  expect(models.current.asked).toBe('other')
  expect(models.decide(update('voice'), MASTER, catalogue)).toMatchObject({ granted: update('up-voice') })
})

test('an upstream that refuses to change its model goes on with the one before', () => {
  const models = opened()
  models.decide(update('other'), MASTER, catalogue)
  expect(models.show({ session: { model: 'up-voice-2026-01-01' } })).toMatchObject({ session: { model: 'voice' } })
  expect(models.current.asked).toBe('voice')
})

test('after a fallback the name that was asked for still means the session', () => {
  expect(opened('first').decide(update('first'), MASTER, catalogue)).toMatchObject({ granted: update('up-voice') })
})

test.each([['far'], ['nothing']])('%s is not to be had', (name) => {
  expect(opened().decide(update(name), MASTER, catalogue).verdict).toBe('deny')
})

test('one response has the model of its session', () => {
  const event = (model: string): object => ({ type: 'response.create', response: { model } })
  expect(opened().decide(event('other') as never, MASTER, catalogue).verdict).toBe('deny')
  expect(opened().decide(event('voice') as never, MASTER, catalogue)).toMatchObject({ granted: event('up-voice') })
})

test('what names no model stays the same value', () => {
  const event = { type: 'response.create' }
  expect(opened().decide(event, MASTER, catalogue)).toMatchObject({ granted: event })
})
