// Speaks to the gateway with the pasted key. The key lives in this module and nowhere else.
let key = ''
/** An operator may have named another header for keys. */
const keyHeader = document.querySelector('meta[name="key-header"]').content

export function useKey(pasted) {
  key = pasted
}

/** What the gateway said instead of an answer, in its own words. */
export class Refusal extends Error {
  name = 'Refusal'

  constructor(message, status, callId) {
    super(message)
    this.status = status
    this.callId = callId
  }
}

/** What no header can carry. The browser would refuse to send it, as if there were no gateway. */
const NO_KEY = /[^!-~]/

export async function ask(path, { body, signal } = {}) {
  if (NO_KEY.test(key)) {
    throw new Refusal('This is no key: keys have no spaces, and only plain letters, digits and signs.', 401)
  }
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { [keyHeader]: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.ok) return response
  throw new Refusal(await messageOf(response), response.status, callIdOf(response))
}

export async function read(path) {
  return (await ask(path)).json()
}

export async function send(path, body) {
  return (await ask(path, { body })).json()
}

export function callIdOf(response) {
  return response.headers.get('x-litellm-call-id') ?? undefined
}

/** Needs no key, so that a person who cannot sign in sees whether the gateway is to blame. */
export async function readReadiness() {
  const response = await fetch('/health/readiness', { credentials: 'omit', cache: 'no-store' })
  if (!response.ok) return { ready: false, say: await messageOf(response) }
  const { status, db, litellm_version: version } = await response.json()
  return { ready: db === 'connected', say: `${status}, store ${db}, compatible with ${version}` }
}

/** The chunks of a streamed answer. A failure in mid-stream arrives as a chunk too, and is thrown. */
export async function* readChunks(response) {
  for await (const line of readLines(response)) {
    if (!line.startsWith('data:')) continue
    const data = line.slice('data:'.length).trim()
    if (data === '[DONE]') return
    const chunk = JSON.parse(data)
    if (chunk.error !== undefined) throw new Refusal(chunk.error.message, Number(chunk.error.code), callIdOf(response))
    yield chunk
  }
  throw new Refusal('The answer broke off before its end.', response.status, callIdOf(response))
}

async function* readLines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split('\n')
    rest = lines.pop()
    yield* lines
  }
}

async function messageOf(response) {
  const { error, detail } = await response.json().catch(() => ({}))
  const said = error?.message ?? detail?.error ?? detail
  return typeof said === 'string' ? said : `The gateway answered with status ${response.status}.`
}
