import type { Deployment } from '../../domain/deployment.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ModelCapabilities } from '../../ports/model-facts.ts'
import type { OperationName } from '../1-intake/operations.ts'
import type { ForwardedMember, ModelAsk } from '../1-intake/read-model-request.ts'
import { knowsNewLimitOnly } from './knows-new-limit-only.ts'
import { isCount, sentMember } from './sent-member.ts'

/** How much a call may make a deployment write. */
export interface OutputBound {
  /** Of each answer. */
  readonly tokens: number
  /** Answers to one call. */
  readonly choices: number
  /** Who says so: the request, the operator or the provider about the model, or nobody. */
  readonly from: 'request' | 'model' | 'nobody'
}

const LIMIT_NAMES: Readonly<Record<OperationName, readonly string[]>> = {
  chat: ['max_tokens', 'max_completion_tokens'],
  completion: ['max_tokens'],
  responses: ['max_output_tokens'],
  realtime: ['max_output_tokens', 'max_response_output_tokens'],
  embedding: [],
  image: [],
  moderation: [],
}

/** Where neither the request nor anything that is known about the model says how long an answer can be. */
const ASSUMED_TOKENS = 4_096

export function boundOutput(ask: ModelAsk, deployment: Deployment, known: ModelCapabilities): OutputBound {
  const names = LIMIT_NAMES[ask.operation.name]
  if (names.length === 0) return { tokens: 0, choices: 1, from: 'model' }
  const choices =
    Math.max(1, count(sentMember(ask, deployment, 'n')), count(sentMember(ask, deployment, 'best_of'))) * prompts(ask)
  const asked = names.map((name) => sentMember(ask, deployment, name)).filter(isCount)
  if (asked.length > 0) return { tokens: Math.max(...asked), choices, from: 'request' }
  const { info } = deployment.entry
  const most = [info['max_output_tokens'], info['max_tokens'], known.max_output_tokens].find(isCount)
  return most === undefined
    ? { tokens: ASSUMED_TOKENS, choices, from: 'nobody' }
    : { tokens: most, choices, from: 'model' }
}

/** The members that go upstream, with no more output in them than `tokens` for each answer. */
export function limitOutput(
  ask: ModelAsk,
  deployment: Deployment,
  upstreamModel: string,
  tokens: number,
): readonly ForwardedMember[] {
  const names = LIMIT_NAMES[ask.operation.name]
  const given = givenLimits(ask, deployment, upstreamModel)
  const usual = ask.operation.name === 'chat' && wantsNewName(deployment, upstreamModel) ? names[1] : names[0]
  const written = given.length > 0 ? given : usual === undefined ? [] : [usual]
  const members = ask.forwarded.filter(({ name }) => !names.includes(name))
  for (const name of written) {
    const value = sentMember(ask, deployment, name)
    members.push({ name, text: `"${name}":${isCount(value) ? Math.min(value, tokens) : tokens}` })
  }
  return members
}

/** A model that knows one name alone gets one limit: the caller's before the operator's, under whichever name. */
function givenLimits(ask: ModelAsk, deployment: Deployment, upstreamModel: string): readonly string[] {
  const names = LIMIT_NAMES[ask.operation.name]
  const given = names.filter((name) => isCount(sentMember(ask, deployment, name)))
  if (given.length < 2 || ask.operation.name !== 'chat' || !knowsNewLimitOnly(deployment, upstreamModel)) return given
  const own = given.filter((name) => ask.forwarded.some((member) => member.name === name))
  return own.length === 0 ? given.slice(-1) : own
}

/** Models that reason refuse the old name of the limit; many compatible servers do not know the new one. */
function wantsNewName(deployment: Deployment, upstreamModel: string): boolean {
  if (knowsNewLimitOnly(deployment, upstreamModel)) return true
  const { provider, target } = deployment
  return provider === 'openai' && target.kind === 'http' && target.origin === 'https://api.openai.com'
}

/** Text completions answer each prompt of a list. */
function prompts({ operation, body }: ModelAsk): number {
  const { prompt } = body
  if (operation.name !== 'completion' || !Array.isArray(prompt)) return 1
  return typeof prompt[0] === 'number' ? 1 : Math.max(1, prompt.length)
}

function count(value: JsonValue | undefined): number {
  return isCount(value) ? value : 0
}
