// The virtual keys, for whoever the gateway lets see them.
import { read, send } from './gateway.js'
import { announce, at, attempt, fill, legible, make, row, time, usd } from './page.js'

const PAGE_SIZE = 20
let page = 1

export async function turnPage(by) {
  await showKeys(page + by)
}

export async function showKeys(wanted) {
  const query = new URLSearchParams({ return_full_object: 'true', page: String(wanted), size: String(PAGE_SIZE) })
  const { keys, total_count: total, total_pages: pages } = await read(`/key/list?${query}`)
  // The last key of the last page may just have been deleted.
  if (keys.length === 0 && wanted > 1) return showKeys(wanted - 1)
  page = wanted
  const table = at('key-table')
  fill(
    table,
    keys.map((key) => keyRow(table, key)),
    'There are no keys yet.',
  )
  at('key-page').textContent = `Page ${page} of ${Math.max(pages, 1)}, ${total} ${total === 1 ? 'key' : 'keys'}`
  at('key-back').disabled = page <= 1
  at('key-on').disabled = page >= pages
}

function keyRow(table, key) {
  const name = key.key_alias ?? key.key_name
  const block = key.blocked
    ? keyButton('Unblock', name, () => change('/key/unblock', { key: key.token }, `${name} is unblocked.`))
    : keyButton('Block', name, () => change('/key/block', { key: key.token }, `${name} is blocked.`))
  const remove = keyButton('Delete', name, async () => {
    if (!confirm(legible(`Delete ${name}? Whoever uses it is refused from then on.`))) return
    await change('/key/delete', { keys: [key.token] }, `${name} is deleted.`)
  })
  remove.classList.add('danger')
  return row(table, [
    [make('code', key.key_name)],
    key.key_alias,
    key.models.length === 0 ? 'all' : key.models.join(', '),
    usd(key.spend),
    time(key.expires) ?? 'never',
    stateOf(key),
    [block, remove],
  ])
}

function stateOf({ blocked, expires }) {
  if (blocked) return 'blocked'
  return expires && new Date(expires) <= new Date() ? 'expired' : 'open'
}

function keyButton(label, name, work) {
  const button = make('button', label, { type: 'button' })
  button.setAttribute('aria-label', legible(`${label} ${name}`))
  button.addEventListener('click', () => void attempt(button, work))
  return button
}

async function change(path, body, done) {
  await send(path, body)
  await showKeys(page)
  announce(done)
  // The pressed button is gone with its row.
  at('keys-head').focus()
}

export async function makeKey(alias, duration, models) {
  const { key } = await send('/key/generate', {
    ...(alias === '' ? {} : { key_alias: alias }),
    ...(duration === '' ? {} : { duration }),
    ...(models.length === 0 ? {} : { models }),
  })
  at('secret').value = key
  at('made').hidden = false
  at('secret').focus()
  at('secret').select()
  await showKeys(1)
}

export async function copySecret() {
  try {
    await navigator.clipboard.writeText(at('secret').value)
    announce('The key is copied.')
  } catch {
    // Browsers give pages without TLS no clipboard.
    at('secret').focus()
    at('secret').select()
    announce('This browser lets the page copy nothing. The key is selected: copy it by hand.')
  }
}

export function forgetSecret() {
  at('secret').value = ''
  at('made').hidden = true
  at('keys-head').focus()
}
