import type { Deployment, HttpTarget } from '../../../domain/deployment.ts'
import { isObject } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import { Secret } from '../../../domain/secret.ts'
import type { UpstreamCall } from '../../../ports/upstream.ts'
import type { ForwardedMember, ModelAsk } from '../../1-intake/read-model-request.ts'
import { knowsNewLimitOnly } from '../../5-meter/knows-new-limit-only.ts'
import { PROVIDERS } from '../catalogue.ts'

export interface Timeouts {
  readonly headMs: number
  readonly idleMs: number
}

const USER_AGENT = 'latchkey'

/** Writes the request for one deployment: the caller's members as they came, the model's name and defaults ours. */
export function writeModelCall(
  deployment: Deployment,
  target: HttpTarget,
  upstreamModel: string,
  ask: ModelAsk,
  timeouts: Timeouts,
): UpstreamCall {
  return {
    ...writeCall(deployment, target, timeouts),
    method: 'POST',
    path: pathFor(target, ask.operation.upstreamPath, upstreamModel),
    body: writeBody(deployment, upstreamModel, ask),
  }
}

/** A call that carries no model and no body: reading, cancelling or deleting a stored response. */
export function writeObjectCall(
  deployment: Deployment,
  target: HttpTarget,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  timeouts: Timeouts,
): UpstreamCall {
  return { ...writeCall(deployment, target, timeouts), method, path: pathFor(target, path, ''), body: undefined }
}

/** Opens a session in real time. `oldEvents`: the client speaks the API as it was before it was finished. */
export function writeSessionCall(
  deployment: Deployment,
  target: HttpTarget,
  upstreamModel: string,
  oldEvents: boolean,
  headMs: number,
): UpstreamCall {
  const { headers, ...frame } = writeCall(deployment, target, { headMs, idleMs: headMs })
  const { 'user-agent': agent = USER_AGENT, 'openai-organization': organization } = headers
  return {
    ...frame,
    headers: {
      'user-agent': agent,
      ...(organization === undefined ? {} : { 'openai-organization': organization }),
      ...(oldEvents ? { 'openai-beta': 'realtime=v1' } : {}),
    },
    method: 'GET',
    path: sessionPath(target, encodeURIComponent(upstreamModel)),
    body: undefined,
  }
}

function sessionPath(target: HttpTarget, model: string): string {
  if (target.wire === 'openai') return `${target.basePath}/realtime?model=${model}`
  const version = target.apiVersion ?? 'v1'
  if (AZURE_WITHOUT_DATES.has(version)) return `${target.basePath}/openai/v1/realtime?model=${model}`
  const base = target.basePath.replace(/\/openai\/deployments\/.*$/, '')
  return `${base}/openai/realtime?api-version=${encodeURIComponent(version)}&deployment=${model}`
}

type CallFrame = Omit<UpstreamCall, 'method' | 'path' | 'body'>

function writeCall(deployment: Deployment, target: HttpTarget, timeouts: Timeouts): CallFrame {
  const known = FRAMES.get(deployment)
  const frame = known ?? buildFrame(deployment, target)
  if (known === undefined) FRAMES.set(deployment, frame)
  return { ...frame, headTimeoutMs: timeouts.headMs, idleTimeoutMs: timeouts.idleMs }
}

/** What is the same in every call to a deployment, made once. */
const FRAMES = new WeakMap<Deployment, Omit<CallFrame, 'headTimeoutMs' | 'idleTimeoutMs'>>()

function buildFrame(deployment: Deployment, target: HttpTarget): Omit<CallFrame, 'headTimeoutMs' | 'idleTimeoutMs'> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    accept: 'application/json, text/event-stream',
  }
  const { organization } = deployment.entry.params
  if (organization !== undefined) headers['openai-organization'] = organization
  const secretHeaders = new Map(target.headers)
  if (target.apiKey !== undefined) {
    if (target.wire === 'azure') secretHeaders.set('api-key', target.apiKey)
    else secretHeaders.set('authorization', new Secret(`Bearer ${target.apiKey.reveal()}`))
  }
  return { host: target.host, origin: target.origin, headers, secretHeaders }
}

const AZURE_WITHOUT_DATES = new Set(['v1', 'preview', 'latest'])

function pathFor(target: HttpTarget, operationPath: string, upstreamModel: string): string {
  if (target.wire === 'openai') return target.basePath + operationPath
  const version = target.apiVersion ?? 'v1'
  if (AZURE_WITHOUT_DATES.has(version)) return `${target.basePath}/openai/v1${operationPath}`
  const query = `?api-version=${encodeURIComponent(version)}`
  if (target.basePath.includes('/openai/deployments/')) return target.basePath + operationPath + query
  // The Responses API of Azure names the model in the body, not in the path.
  if (operationPath.startsWith('/responses')) return `${target.basePath}/openai${operationPath}${query}`
  return `${target.basePath}/openai/deployments/${encodeURIComponent(upstreamModel)}${operationPath}${query}`
}

function writeBody(deployment: Deployment, upstreamModel: string, ask: ModelAsk): string {
  const presets = { ...deployment.entry.params.defaults, ...deployment.entry.params.extraBody }
  const renames = ask.operation.name === 'chat' && knowsNewLimitOnly(deployment, upstreamModel)
  const given = renames ? withNewLimit(ask.forwarded) : ask.forwarded
  const defaults = renames ? withNewLimitIn(presets) : presets
  let text = `{"model":${JSON.stringify(upstreamModel)}`
  for (const member of given) text += `,${member.text}`
  for (const [name, value] of missing(defaults, given)) {
    text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  const options = streamOptions(deployment, ask, defaults['stream_options'])
  if (options !== undefined) text += `,"stream_options":${JSON.stringify(options)}`
  return `${text}}`
}

const OLD_LIMIT = 'max_tokens'
const NEW_LIMIT = 'max_completion_tokens'

/** Whoever sends both names means something that only the upstream can judge. */
function withNewLimit(members: readonly ForwardedMember[]): readonly ForwardedMember[] {
  if (members.some(({ name }) => name === NEW_LIMIT)) return members
  return members.map((member) =>
    member.name === OLD_LIMIT
      ? { name: NEW_LIMIT, text: `"${NEW_LIMIT}"${member.text.slice(member.text.indexOf(':'))}` }
      : member,
  )
}

function withNewLimitIn({ [OLD_LIMIT]: limit, ...presets }: JsonObject): JsonObject {
  return limit === undefined ? presets : { [NEW_LIMIT]: limit, ...presets }
}

function missing(defaults: JsonObject, given: readonly ForwardedMember[]): readonly (readonly [string, unknown])[] {
  return Object.entries(defaults).filter(
    ([name]) => name !== 'stream_options' && !given.some((member) => member.name === name),
  )
}

/** Usage is always asked for where the upstream can tell it: the books need it even when the client does not. */
function streamOptions(deployment: Deployment, ask: ModelAsk, preset: JsonValue | undefined): JsonObject | undefined {
  const written = ask.body['stream_options'] ?? (ask.stream ? preset : undefined)
  const own = isObject(written) ? written : undefined
  if (!ask.stream || ask.operation.streams !== 'chat-chunks') return own
  const streamsUsage = PROVIDERS.get(deployment.provider)?.streamsUsage ?? true
  return streamsUsage ? { ...own, include_usage: true } : own
}
