// Decides nothing: it offers what the gateway answers to the pasted key.
import { clearChat, say, stopAnswer } from './chat.js'
import { read, readReadiness, useKey } from './gateway.js'
import { copySecret, forgetSecret, makeKey, showKeys, turnPage } from './keys.js'
import { announce, at, attempt, fill, make, offer, row, showProblem, time, usd } from './page.js'

const SHOWN_CALLS = 20
const MILLION = 1_000_000
let models = []

async function showReadiness() {
  const { ready, say: text } = await readReadiness().catch(() => ({ ready: false, say: 'not reachable' }))
  at('health').textContent = text
  at('health').className = ready ? 'good' : 'bad'
}

async function showModels() {
  models = (await read('/v1/models')).data.map(({ id }) => id)
  at('model').replaceChildren(...models.map((id) => make('option', id, { value: id })))
}

async function showPrices() {
  const { data: deployments } = await read('/model/info')
  const table = at('model-table')
  const names = at('chat').hidden ? new Set(deployments.map(({ model_name: name }) => name)) : models
  fill(
    table,
    [...names].map((id) => {
      const info = deployments.find((one) => one.model_name === id)?.model_info ?? {}
      return row(table, [
        id,
        info.litellm_provider,
        info.mode,
        perMillion(info.input_cost_per_token),
        perMillion(info.output_cost_per_token),
      ])
    }),
    'This key can see no model.',
  )
}

function perMillion(price) {
  return typeof price === 'number' ? usd(price * MILLION) : '–'
}

async function showCalls() {
  const lines = await read('/spend/logs')
  const table = at('call-table')
  fill(
    table,
    lines
      .slice(0, SHOWN_CALLS)
      .map((line) =>
        row(table, [
          time(line.startTime),
          line.model_group,
          line.metadata?.user_api_key_alias ?? shorten(line.api_key),
          line.prompt_tokens,
          line.completion_tokens,
          line.metadata?.pricing === 'unpriced' ? `${usd(line.spend)}, unpriced` : usd(line.spend),
          line.status,
        ]),
      ),
    'No calls yet.',
  )
}

async function offerCalls() {
  await offer(at('calls'), showCalls)
}

function shorten(digest) {
  return /^[0-9a-f]{64}$/.test(digest) ? `${digest.slice(0, 8)}…` : digest
}

/** A key that only manages has nothing to chat with, and is let in by what it manages. */
async function enter() {
  try {
    await showModels()
    at('chat').hidden = false
  } catch (error) {
    if (error.status !== 403) throw error
    await showKeys(1).catch(() => Promise.reject(error))
    at('chat').hidden = true
    at('keys').hidden = false
  }
}

async function signIn() {
  useKey(at('key').value.trim())
  at('key').value = ''
  try {
    await enter()
  } catch (error) {
    useKey('')
    at('key').focus()
    throw error
  }
  at('sign-in').hidden = true
  at('sign-out').hidden = false
  at('inside').hidden = false
  at(at('chat').hidden ? 'keys-head' : 'question').focus()
  announce('Signed in.')
  const sections = [offerCalls(), offer(at('keys'), () => showKeys(1)), offer(at('prices'), showPrices)]
  for (const shown of await Promise.allSettled(sections)) {
    if (shown.status === 'rejected') showProblem(shown.reason)
  }
}

async function ask() {
  const question = at('question').value
  at('question').value = ''
  try {
    await say(at('model').value, question)
  } catch (error) {
    at('question').value ||= question
    throw error
  }
  await offerCalls()
}

async function submitNewKey() {
  const allowed = at('models').value.split(',')
  await makeKey(
    at('alias').value.trim(),
    at('duration').value.trim(),
    allowed.map((name) => name.trim()).filter((name) => name !== ''),
  )
  at('new-key').reset()
}

function onSubmit(id, work) {
  at(id).addEventListener('submit', (event) => {
    event.preventDefault()
    void attempt(at(id), work)
  })
}

function onPress(id, work) {
  at(id).addEventListener('click', () => void attempt(at(id), async () => work()))
}

onSubmit('sign-in', signIn)
onSubmit('ask', ask)
onSubmit('new-key', submitNewKey)
onPress('stop', stopAnswer)
onPress('clear', clearChat)
onPress('copy', copySecret)
onPress('forget', forgetSecret)
onPress('key-back', () => turnPage(-1))
onPress('key-on', () => turnPage(1))
onPress('refresh', () => Promise.all([offerCalls(), showReadiness()]))
onPress('dismiss', () => (at('problem').hidden = true))
// The surest way to forget everything is a new page; a page kept alive for the back button is not one.
onPress('sign-out', () => location.reload())
addEventListener('pageshow', (event) => event.persisted && location.reload())

at('question').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at('ask').requestSubmit()
})

void showReadiness()
