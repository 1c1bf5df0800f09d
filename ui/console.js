// Decides nothing: it shows what the API answers to the key in its memory.
const at = (id) => document.getElementById(id)
let key = ''
let running

async function call(path, options = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })
  if (response.ok) return response
  const body = await response.json().catch(() => ({}))
  const id = response.headers.get('x-litellm-call-id')
  throw new Error(`${body.error?.message ?? `Status ${response.status}`}${id === null ? '' : ` (call ${id})`}`)
}

const read = async (path) => (await call(path)).json()
const write = async (path, body) => (await call(path, { method: 'POST', body: JSON.stringify(body) })).json()

/** Runs what a person asked for, and says what went wrong where it can be seen. */
async function attempt(work) {
  at('problem').hidden = true
  try {
    await work()
  } catch (error) {
    if (error.name === 'AbortError') return
    at('problem').textContent = error.message
    at('problem').hidden = false
  }
}

function row(texts, buttons = []) {
  const line = document.createElement('tr')
  for (const text of texts) {
    const cell = document.createElement('td')
    cell.textContent = text ?? '–'
    line.append(cell)
  }
  if (buttons.length > 0) {
    const cell = document.createElement('td')
    for (const [label, act] of buttons) {
      const button = document.createElement('button')
      button.textContent = label
      button.type = 'button'
      button.addEventListener('click', () => void attempt(act))
      cell.append(button)
    }
    line.append(cell)
  }
  return line
}

async function showModels() {
  const { data } = await read('/v1/models')
  at('model').replaceChildren(
    ...data.map(({ id }) => {
      const option = document.createElement('option')
      option.value = id
      option.textContent = id
      return option
    }),
  )
}

async function showCalls() {
  const lines = await read('/spend/logs')
  at('call-rows').replaceChildren(
    ...lines
      .slice(0, 20)
      .map((line) =>
        row([
          new Date(line.startTime).toLocaleTimeString(),
          line.model_group,
          line.total_tokens,
          line.spend,
          line.status,
        ]),
      ),
  )
}

async function showKeys() {
  const { keys } = await read('/key/list?return_full_object=true&size=100')
  at('key-rows').replaceChildren(
    ...keys.map(({ token, key_name, key_alias, spend, expires, blocked }) =>
      row(
        [key_name, key_alias, spend, expires === null ? 'never' : new Date(expires).toLocaleDateString()],
        [
          [blocked ? 'Unblock' : 'Block', () => change(blocked ? '/key/unblock' : '/key/block', { key: token })],
          ['Delete', () => confirm(`Delete ${key_alias ?? key_name}?`) && change('/key/delete', { keys: [token] })],
        ],
      ),
    ),
  )
}

async function change(path, body) {
  await write(path, body)
  await showKeys()
}

async function stream(model, content) {
  running = new AbortController()
  at('stop').disabled = false
  at('answer').textContent = ''
  try {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content }] })
    const response = await call('/v1/chat/completions', { method: 'POST', body, signal: running.signal })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const frames = (rest + piece.value).split('\n\n')
      rest = frames.pop()
      for (const frame of frames) {
        if (!frame.startsWith('data: {')) continue
        const { choices, error } = JSON.parse(frame.slice(6))
        if (error !== undefined) throw new Error(error.message)
        at('answer').textContent += choices[0]?.delta?.content ?? ''
      }
    }
  } finally {
    at('stop').disabled = true
  }
  await showCalls()
}

at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  key = at('key').value.trim()
  at('key').value = ''
  void attempt(async () => {
    await showModels()
    await showCalls()
    at('inside').hidden = false
    // Who may see all keys is the API's to say.
    at('keys').hidden = await showKeys().then(
      () => false,
      () => true,
    )
  })
})
at('ask').addEventListener('submit', (event) => {
  event.preventDefault()
  void attempt(() => stream(at('model').value, at('question').value))
})
at('stop').addEventListener('click', () => running?.abort())
at('refresh').addEventListener('click', () => void attempt(showCalls))
at('new-key').addEventListener('submit', (event) => {
  event.preventDefault()
  void attempt(async () => {
    const made = await write('/key/generate', {
      key_alias: at('alias').value || null,
      duration: at('duration').value || null,
    })
    at('secret').textContent = made.key
    at('made').hidden = false
    await showKeys()
  })
})

fetch('/health/readiness')
  .then((response) => response.json())
  .then(({ db }) => (at('health').textContent = `store ${db}`))
  .catch(() => (at('health').textContent = 'not reachable'))
