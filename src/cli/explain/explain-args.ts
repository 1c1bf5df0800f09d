import { parseArgs } from 'node:util'
import { withoutAbsent } from '../../config/without-absent.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'

/** Where the answer is to come from. */
export type Place =
  | { readonly is: 'gateway'; readonly url: string }
  | { readonly is: 'configuration'; readonly file: string; readonly dataDir: string | undefined }

export interface ExplainArgs {
  readonly place: Place
  /** What `POST /authz/explain` takes. */
  readonly ask: JsonObject
  readonly json: boolean
}

export type ParsedExplain =
  | { readonly is: 'args'; readonly args: ExplainArgs }
  | { readonly is: 'help' }
  | { readonly is: 'flaw'; readonly flaw: string }

/** Of the named file, or of standard input for `-`. */
export type ReadsText = (name: string) => Promise<string>

const HERE = 'http://127.0.0.1:4000'

export async function parseExplainArgs(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  readText: ReadsText,
): Promise<ParsedExplain> {
  const parsed = parse(argv)
  if (typeof parsed === 'string') return flaw(parsed)
  const { values, positionals } = parsed
  const { claims, body, token, url, config, json = false } = values
  if (values.help === true) return { is: 'help' }
  const [route, ...more] = positionals
  if (route === undefined) return flaw('Which route? Name its path, for example /v1/chat/completions.')
  if (more.length > 0) return flaw(`One route at a time: what is ${more.join(' ')}?`)
  if (url !== undefined && config !== undefined) return flaw('--url and --config exclude each other.')
  if (values['data-dir'] !== undefined && config === undefined) return flaw('--data-dir goes with --config.')

  const headers = headersOf(values.header ?? [])
  if (typeof headers === 'string') return flaw(`A header is written as 'name: value', not ${headers}.`)
  const claimSet = claims === undefined ? undefined : await objectOf(claims, readText)
  if (claims !== undefined && claimSet === undefined) return flaw(`--claims ${AN_OBJECT}`)
  const members = body === undefined ? undefined : await objectOf(body, readText)
  if (body !== undefined && members === undefined) return flaw(`--body ${AN_OBJECT}`)
  const presented = token === undefined ? undefined : await textOf(token, readText)
  if (token !== undefined && presented === undefined) return flaw(`The token cannot be read from ${token}.`)

  const { issuer, key, user, team, model, method } = values
  const ask = withoutAbsent({
    route,
    method,
    model,
    headers,
    body: members,
    token: presented?.trim().replace(/^bearer +/i, ''),
    claims: claimSet,
    issuer,
    key,
    user_id: user,
    team_id: team,
  })
  const place: Place =
    config === undefined
      ? { is: 'gateway', url: url ?? env['LATCHKEY_URL'] ?? HERE }
      : { is: 'configuration', file: config, dataDir: values['data-dir'] }
  return { is: 'args', args: { place, ask, json } }
}

const AN_OBJECT = 'takes a JSON object, a file with one, or - for standard input.'

function flaw(text: string): ParsedExplain {
  return { is: 'flaw', flaw: text }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        token: { type: 'string' },
        claims: { type: 'string' },
        issuer: { type: 'string' },
        key: { type: 'string' },
        user: { type: 'string' },
        team: { type: 'string' },
        model: { type: 'string' },
        method: { type: 'string' },
        header: { type: 'string', multiple: true },
        body: { type: 'string' },
        url: { type: 'string' },
        config: { type: 'string', short: 'c' },
        'data-dir': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    return error instanceof Error ? error.message : 'The options are not understood.'
  }
}

/** A text: the line that is none. */
function headersOf(lines: readonly string[]): Readonly<Record<string, string>> | string | undefined {
  const wrong = lines.find((line) => line.indexOf(':') < 1)
  if (wrong !== undefined) return wrong
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const
  })
  return headers.length === 0 ? undefined : Object.fromEntries(headers)
}

/** Undefined: there is none. */
async function objectOf(named: string, readText: ReadsText): Promise<JsonObject | undefined> {
  const text = named.trimStart().startsWith('{') ? named : await textOf(named, readText)
  const value = text === undefined ? undefined : parseJson(text)
  return isObject(value) ? value : undefined
}

/** Undefined: it cannot be read. */
async function textOf(named: string, readText: ReadsText): Promise<string | undefined> {
  return readText(named).catch(() => undefined)
}
