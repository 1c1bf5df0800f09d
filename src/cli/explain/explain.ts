import type { JsonAnswer } from '../../adapters/outbound-http/post-json.ts'
import { renderFindings } from '../../config/render-findings.ts'
import { explanation } from '../../contract/explanation.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import { readConfiguration } from '../../wiring/read-configuration.ts'
import type { CheckIo } from '../check.ts'
import { sentenceForTerminal } from '../for-terminal.ts'
import { describeStartFault } from '../start-fault.ts'
import { askRunning } from './ask-running.ts'
import { parseExplainArgs } from './explain-args.ts'
import type { ExplainArgs, Place, ReadsText } from './explain-args.ts'
import { renderAnswer } from './render-answer.ts'

export interface ExplainIo extends CheckIo {
  readonly readText: ReadsText
}

const USAGE = `latchkey explain ROUTE [whose call] [which call] [whom to ask] [--json]

Says what would become of a call, step by step, who the caller would be, what would be made of it, and for a refusal the
smallest change that would allow it. Nothing is done. ROUTE is the path that is called, such as /v1/chat/completions.

Whose call (one of these; none: that of the credential that asks)
  --token T                a token: a file with it, - for standard input, or the token itself
  --claims C --issuer I    as if a token of this issuer said this; C is JSON, a file with it, or -
  --key K                  a key, or its hash
  --user U [--team T]      as if with a personal key without limits of its own, of that team

Which call
  --model M
  --method M               default: POST where the route has it
  --header 'NAME: VALUE'   any number of them
  --body B                 JSON, a file with it, or -

Whom to ask
  --url URL                a gateway that runs; default LATCHKEY_URL, else http://127.0.0.1:4000. The key in LATCHKEY_KEY,
                           else the master key in LITELLM_MASTER_KEY, asks: administrators about everybody, others about
                           themselves. LATCHKEY_KEY_HEADER names the header where the gateway has another for keys
  --config FILE            instead: a configuration, before it is in service, with the store that it names. An embedded
                           one has to be out of use, and lies in --data-dir D

Exits with 0 when the call would be allowed, with 1 when not, and with 2 when that could not be found out.
`

const NOT_FOUND_OUT = 2

/** `latchkey explain`: the arguments after the word, in; the exit code, out. */
export async function runExplain(argv: readonly string[], io: ExplainIo): Promise<number> {
  const parsed = await parseExplainArgs(argv, io.env, io.readText)
  if (parsed.is === 'help') {
    io.write(USAGE)
    return 0
  }
  if (parsed.is === 'flaw') {
    io.writeError(`latchkey: ${parsed.flaw}\n\n${USAGE}`)
    return NOT_FOUND_OUT
  }
  const answer = await answerFrom(parsed.args.place, parsed.args.ask, io)
  if (typeof answer === 'string') {
    io.writeError(`latchkey: ${answer}\n`)
    return NOT_FOUND_OUT
  }
  return tell(answer, parsed.args, io)
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]*$/

/** A sentence: why there is no answer. */
async function answerFrom(place: Place, ask: JsonObject, io: CheckIo): Promise<JsonAnswer | string> {
  if (place.is === 'gateway') {
    const credential = io.env['LATCHKEY_KEY'] ?? io.env['LITELLM_MASTER_KEY']
    if (credential === undefined || credential === '') return 'who asks? Set LATCHKEY_KEY to a key of the gateway.'
    const header = io.env['LATCHKEY_KEY_HEADER'] ?? ''
    if (!HEADER_NAME.test(header)) return 'LATCHKEY_KEY_HEADER is no name of a header.'
    return askRunning(place.url, { credential, header: header === '' ? 'authorization' : header }, ask)
  }
  const { file, dataDir } = place
  const { usable, findings } = readConfiguration({ file, env: io.env, cli: dataDir === undefined ? {} : { dataDir } })
  if (usable === undefined) return `the configuration has errors.\n${renderFindings(findings)}`
  try {
    const { askConfigured } = await import('./ask-configured.ts')
    return await askConfigured(usable, ask)
  } catch (error) {
    return describeStartFault(error) ?? 'the gateway of this configuration cannot be opened; try `latchkey serve`.'
  }
}

function tell({ status, text }: JsonAnswer, { json }: ExplainArgs, io: CheckIo): number {
  const value = parseJson(text)
  const { success, data } = explanation.safeParse(value)
  if (status !== 200 || !success) {
    io.writeError(`latchkey: not explained (${status}): ${sentenceForTerminal(refusalIn(value))}\n`)
    return NOT_FOUND_OUT
  }
  io.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : renderAnswer(data))
  return data.verdict === 'allow' ? 0 : 1
}

/** Of one flaw in what was asked. */
function saidOf(flaw: JsonValue): string {
  const said = isObject(flaw) ? flaw['msg'] : undefined
  return typeof said === 'string' ? said.replace(/^Value error, /, '') : JSON.stringify(flaw)
}

/** The sentence in an answer that is no explanation, if it is of a gateway. */
function refusalIn(value: ReturnType<typeof parseJson>): string {
  const error = isObject(value) ? value['error'] : undefined
  const message = isObject(error) ? error['message'] : undefined
  const detail = isObject(value) ? value['detail'] : undefined
  if (typeof message === 'string') return message
  if (Array.isArray(detail)) return detail.map(saidOf).join(' ')
  return detail === undefined ? 'this is no answer of a gateway.' : JSON.stringify(detail)
}
