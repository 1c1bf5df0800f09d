// What every part of the page needs. Text reaches the page as text nodes only.
export function at(id) {
  return document.getElementById(id)
}

const UNSEEN =
  /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{feff}\u{e0000}-\u{e007f}]/gu

/** Characters that can't be seen, or that turn the text around them, are spelled out. */
export function legible(text) {
  return String(text).replaceAll(UNSEEN, (found) => `\\u{${found.codePointAt(0).toString(16)}}`)
}

export function make(tag, text, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties)
  if (text !== undefined) element.textContent = legible(text)
  return element
}

/** One row, in the order of the table's head; a narrow screen shows the heads beside the cells. */
export function row(table, contents) {
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent)
  const line = document.createElement('tr')
  for (const [index, content] of contents.entries()) {
    const cell = document.createElement('td')
    cell.dataset.head = heads[index]
    const value = document.createElement('div')
    value.append(...(Array.isArray(content) ? content : [legible(content ?? '–')]))
    cell.append(value)
    line.append(cell)
  }
  return line
}

export function fill(table, rows, none) {
  const empty = document.createElement('tr')
  empty.append(make('td', none, { colSpan: table.tHead.rows[0].cells.length, className: 'none' }))
  table.tBodies[0].replaceChildren(...(rows.length === 0 ? [empty] : rows))
}

/** Does what a person asked for, once at a time per control, and shows what went wrong. */
export async function attempt(control, work) {
  if (control.getAttribute('aria-disabled') === 'true') return
  control.setAttribute('aria-disabled', 'true')
  at('problem').hidden = true
  try {
    await work()
  } catch (error) {
    showProblem(error)
  } finally {
    control.removeAttribute('aria-disabled')
  }
}

/** Who may see what is the gateway's to say: a section that it refuses to this key isn't offered. */
export async function offer(section, work) {
  try {
    await work()
    section.hidden = false
  } catch (error) {
    section.hidden = true
    if (error.status !== 401 && error.status !== 403) throw error
  }
}

export function showProblem(error) {
  const isOurs = error.name === 'Refusal'
  at('problem-text').textContent = legible(isOurs ? error.message : `The gateway can't be reached: ${error.message}`)
  at('problem-call').textContent = error.callId === undefined ? '' : legible(`Call ${error.callId}`)
  at('problem').hidden = false
}

export function announce(text) {
  at('done').textContent = legible(text)
}

const USD = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })

export function usd(amount) {
  return typeof amount === 'number' ? `$${USD.format(amount)}` : '–'
}

export function time(iso) {
  return iso ? new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }) : undefined
}
