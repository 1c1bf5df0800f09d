// Shows /openapi.json as it is. Every text goes into the page as text.
import { read, useKey } from './gateway.js'
import { announce, at, attempt, fill, make, row } from './page.js'

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
let api = {}

function resolved(value) {
  if (value?.$ref === undefined) return value ?? {}
  return value.$ref
    .slice(2)
    .split('/')
    .reduce((node, part) => node?.[part], api)
}

function operationsOf(group) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]?.tags.includes(group)).map((method) => ({
      method: method.toUpperCase(),
      path,
      says: item[method],
    })),
  )
}

function typeOf(schema) {
  const known = resolved(schema)
  const choices = known.anyOf ?? known.oneOf
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ')
  if (known.type === 'array') return `list of ${typeOf(known.items)}`
  return [known.type ?? 'anything'].flat().join(' or ')
}

function fieldsOf({ parameters = [], requestBody }) {
  const body = resolved(requestBody?.content['application/json'].schema)
  return [
    ...parameters.map(({ name, in: place, required, schema }) => [name, place, typeOf(schema), required]),
    ...Object.entries(body.properties ?? {}).map(([name, schema]) => [
      name,
      'body',
      typeOf(schema),
      body.required?.includes(name),
    ]),
  ].map(([name, place, type, required]) => [name, place, type, required ? 'needed' : ''])
}

function tableOf(fields) {
  const table = make('table', '')
  const head = make('thead', '')
  const line = make('tr', '')
  line.append(...['Name', 'In', 'Type', ''].map((text) => make('th', text, { scope: 'col' })))
  head.append(line)
  table.append(head, make('tbody', ''))
  fill(
    table,
    fields.map((cells) => row(table, cells)),
    'It takes nothing.',
  )
  return table
}

function show({ method, path, says }) {
  const part = make('details', '')
  const title = make('summary', '')
  title.append(make('code', `${method} ${path}`), ` ${says.summary}`)
  const roles = make('ul', '')
  const lines = says.description.split('\n')
  roles.append(...lines.filter((line) => line.startsWith('- ')).map((line) => make('li', line.slice(2))))
  part.append(title, make('p', lines[0]), roles, tableOf(fieldsOf(says)))
  return part
}

function showGroup({ name }) {
  const section = make('section', '', { className: 'card', id: `group-${name}` })
  section.append(make('h2', name), ...operationsOf(name).map(show))
  return section
}

async function showApi() {
  useKey(at('key').value.trim())
  at('key').value = ''
  api = await read('/openapi.json')
  const links = api.tags.map(({ name }) => make('a', name, { href: `#group-${name}` }))
  at('groups').replaceChildren(...links.flatMap((link) => [link, ' ']))
  at('operations').replaceChildren(...api.tags.map(showGroup))
  at('sign-in').hidden = true
  at('inside').hidden = false
  announce('The API is shown.')
}

at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  void attempt(at('sign-in'), showApi)
})
at('dismiss').addEventListener('click', () => (at('problem').hidden = true))
