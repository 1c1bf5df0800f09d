// A conversation with one model, streamed. It is held by the page and sent whole with every message.
import { ask, callIdOf, readChunks } from './gateway.js'
import { announce, at, legible, make } from './page.js'

let turns = []
let running

export function clearChat() {
  running?.abort()
  turns = []
  at('talk').replaceChildren()
}

export function stopAnswer() {
  running?.abort()
}

export async function say(model, content) {
  const question = { role: 'user', content }
  showTurn('You').append(legible(content))
  const answer = showTurn(model)
  const mine = new AbortController()
  running = mine
  at('stop').disabled = false
  answer.setAttribute('aria-busy', 'true')
  try {
    const said = await streamAnswer(model, [...turns, question], answer, mine.signal)
    if (running === mine) turns = [...turns, question, { role: 'assistant', content: said }]
  } catch (error) {
    if (error.name !== 'AbortError') {
      note(answer, 'failed, and not part of the conversation')
      throw error
    }
    note(answer, 'stopped, and not part of the conversation')
    announce('The answer was stopped.')
  } finally {
    answer.removeAttribute('aria-busy')
    if (running === mine) {
      running = undefined
      at('stop').disabled = true
    }
  }
}

async function streamAnswer(model, messages, answer, signal) {
  const body = { model, messages, stream: true, stream_options: { include_usage: true } }
  const response = await ask('/v1/chat/completions', { body, signal })
  let said = ''
  let usage
  for await (const chunk of readChunks(response)) {
    const piece = chunk.choices?.[0]?.delta?.content ?? ''
    said += piece
    // A node per piece: halves of a hidden character that arrive apart never meet.
    if (piece !== '') answer.append(legible(piece))
    usage = chunk.usage ?? usage
  }
  const tokens = usage === undefined ? '' : `tokens: ${usage.prompt_tokens} in, ${usage.completion_tokens} out · `
  note(answer, `${tokens}call ${callIdOf(response) ?? 'without an id'}`)
  return said
}

function showTurn(who) {
  const text = make('div', undefined, { className: 'text' })
  const turn = document.createElement('li')
  turn.append(make('p', who, { className: 'who' }), text)
  at('talk').append(turn)
  return text
}

function note(answer, text) {
  answer.after(make('p', text, { className: 'hint' }))
}
