import { expect, test } from 'vitest'
import { findNamedModels, withName } from './named-models.ts'

test.each([
  [{ type: 'session.update', session: { model: 'a' } }, [['session.model', 'a']]],
  [
    { session: { audio: { input: { transcription: { model: 'b' } } } } },
    [['session.audio.input.transcription.model', 'b']],
  ],
  [
    { model: 'c', session: { model: 1 } },
    [
      ['model', 'c'],
      ['session.model', 1],
    ],
  ],
  [
    { session: { tools: [{ type: 'function' }, { model: 'd', parameters: { properties: { model: 'x' } } }] } },
    [['session.tools.1.model', 'd']],
  ],
  [{ session: { instructions: 'model', metadata: { model: 'x' } } }, []],
  [
    {
      item: { model: 'x' },
      response: { prompt: { variables: { model: 'x' } }, input: [{ content: [{ model: 'x' }] }] },
    },
    [],
  ],
  [{ session: { model: null } }, []],
])('%j names %j', (event, named) => {
  expect(findNamedModels(event as never).map(({ path, name }) => [path.join('.'), name])).toEqual(named)
})

test('a name is changed in its place, and nothing else is', () => {
  const event = { session: { model: 'a', audio: { input: { model: 'b', rate: 1 } } } }
  expect(withName(event, ['session', 'audio', 'input', 'model'], 'c')).toEqual({
    session: { model: 'a', audio: { input: { model: 'c', rate: 1 } } },
  })
  expect(event.session.audio.input.model).toBe('b')
  const tools = { session: { tools: [{ model: 'a' }, { model: 'b' }] } }
  expect(withName(tools, ['session', 'tools', '1', 'model'], 'c')).toEqual({
    session: { tools: [{ model: 'a' }, { model: 'c' }] },
  })
})
