import type { Deployment } from '../../domain/deployment.ts'
import { isTokenPrincipal } from '../../domain/principal.ts'
import type { Principal, TokenPrincipal } from '../../domain/principal.ts'
import type { Limits } from '../../domain/limits.ts'
import { usdText } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { CallRates } from '../5-meter/call-rates.ts'
import type { AnswerHeaders } from './exchange-whole.ts'

/** The release of the LiteLLM proxy whose behaviour we follow; clients read it. */
export const COMPATIBLE_VERSION = '1.97.0'

export interface CallFacts {
  readonly callId: string
  readonly principal: Principal
  readonly deployment: Deployment | undefined
  readonly group: string | undefined
  readonly retries: number
  readonly maxRetries: number
  readonly fallbacks: number
  readonly maxFallbacks: number
  /** What is left of them is told. */
  readonly rates?: CallRates | undefined
  /** `compat.expose_api_base`: callers may see where a call went. */
  readonly showsApiBase?: boolean
}

/** Never passed on: what belongs to one hop, sets state in a client, or tells about the network behind us. */
const KEPT_BACK =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|content-encoding|set-cookie.*|server|alt-svc|strict-transport-security|access-control-.*|clear-site-data|refresh|location|link|content-security-policy.*|report-to|nel|via|x-powered-by|x-served-by|x-envoy-.*|x-forwarded-.*|forwarded|x-real-ip|host|authorization|www-authenticate|x-litellm-.*|openai-organization|openai-project)$/

const RATE_LIMIT = /^x-ratelimit-(limit|remaining|reset)-(requests|tokens)$/

/** Names and values in turn, as they go onto the wire. */
export type HeaderList = string[]

export function callHeaders(facts: CallFacts): HeaderList {
  const { principal, deployment, group } = facts
  const headers: HeaderList = [
    'x-litellm-call-id',
    facts.callId,
    'x-litellm-version',
    COMPATIBLE_VERSION,
    'x-litellm-attempted-retries',
    String(facts.retries),
    'x-litellm-max-retries',
    String(facts.maxRetries),
    'x-litellm-attempted-fallbacks',
    String(facts.fallbacks),
    'x-litellm-max-fallbacks',
    String(facts.maxFallbacks),
  ]
  if (deployment !== undefined) headers.push('x-litellm-model-id', deployment.id)
  if (group !== undefined) headers.push('x-litellm-model-group', printable(group))
  if (principal.kind === 'virtual-key') addKeyLimits(headers, principal.key.limits)
  // D-58: the model that was asked for may have decided which team pays.
  if (isTokenPrincipal(principal)) addTeam(headers, principal)
  if (facts.rates !== undefined) headers.push(...facts.rates.headers())
  const target = deployment?.target
  if (facts.showsApiBase === true && target?.kind === 'http') {
    headers.push('x-litellm-model-api-base', target.origin + target.basePath)
  }
  return headers
}

function addTeam(headers: HeaderList, { standing }: TokenPrincipal): void {
  if (standing.team !== undefined) headers.push('x-litellm-team-id', printable(standing.team.id))
}

function addKeyLimits(
  headers: HeaderList,
  {
    maxBudget,
    tokensPerMinute,
    requestsPerMinute,
  }: Pick<Limits, 'maxBudget' | 'tokensPerMinute' | 'requestsPerMinute'>,
): void {
  if (maxBudget !== undefined) headers.push('x-litellm-key-max-budget', usdText(maxBudget))
  if (tokensPerMinute !== undefined) headers.push('x-litellm-key-tpm-limit', String(tokensPerMinute))
  if (requestsPerMinute !== undefined) headers.push('x-litellm-key-rpm-limit', String(requestsPerMinute))
}

/** A header in which the upstream shows our own credential is nobody's to see. */
export function addUpstreamHeaders(headers: HeaderList, answer: AnswerHeaders, secrets: readonly string[]): void {
  let room = MAX_RELAYED
  for (const name in answer) {
    const value = answer[name]
    if (typeof value !== 'string' || value.length > MAX_VALUE) continue
    const fate = fateOf(name)
    if (fate === undefined || secrets.some((secret) => value.includes(secret))) continue
    const shown = printable(value)
    room -= fate.shownAs.length + shown.length
    // A flood of headers would burst the client's own limit, and all it wanted was the answer.
    if (room < 0) return
    headers.push(fate.shownAs, shown)
    // What the key has left is said already, and counts more than what the gateway has left there.
    if (fate.isRateLimit && !headers.includes(name)) headers.push(name, shown)
  }
}

/** The same for an answer that is passed on: under its own names, and whole as far as it may be told. */
export function addPassedHeaders(headers: HeaderList, answer: AnswerHeaders, secrets: readonly string[]): void {
  let room = MAX_RELAYED
  for (const name in answer) {
    const said = answer[name]
    const value = Array.isArray(said) ? said.join(', ') : said
    if (value === undefined || value.length > MAX_VALUE || !isPassed(name)) continue
    if (secrets.some((secret) => value.includes(secret))) continue
    if (RATE_LIMIT.test(name) && headers.includes(name)) continue
    const shown = printable(value)
    room -= name.length + shown.length
    if (room < 0) return
    headers.push(name, shown)
  }
  const coding = answer['content-encoding']
  if (typeof coding === 'string' && coding !== 'identity') headers.push('content-encoding', printable(coding))
  // Whatever it is, it is no page of ours.
  headers.push('content-security-policy', "sandbox; default-src 'none'")
}

/** What this gateway says on every answer is not said twice. */
const OURS = /^(?:cache-control|x-content-type-options|referrer-policy|cross-origin-.*|x-latchkey-.*)$/

function isPassed(name: string): boolean {
  return TOKEN.test(name) && !KEPT_BACK.test(name) && !OURS.test(name)
}

export function addCost(headers: HeaderList, cost: PicoUsd, keySpend: PicoUsd | undefined): void {
  headers.push('x-litellm-response-cost', usdText(cost))
  if (keySpend !== undefined) headers.push('x-litellm-key-spend', usdText(keySpend))
}

interface HeaderFate {
  readonly shownAs: string
  readonly isRateLimit: boolean
}

const MAX_VALUE = 1_024
const MAX_RELAYED = 8 * 1_024
const MOST_REMEMBERED = 1_000
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/

/** Upstreams send the same few names again and again; undefined stands for a name that is kept back. */
const fates = new Map<string, HeaderFate | undefined>()

function fateOf(name: string): HeaderFate | undefined {
  if (fates.has(name)) return fates.get(name)
  const isShown = TOKEN.test(name) && !KEPT_BACK.test(name)
  const fate = isShown ? { shownAs: `llm_provider-${name}`, isRateLimit: RATE_LIMIT.test(name) } : undefined
  if (fates.size < MOST_REMEMBERED) fates.set(name, fate)
  return fate
}

const UNPRINTABLE = /[^\u0020-\u007e]/

function printable(value: string): string {
  return UNPRINTABLE.test(value) ? value.replaceAll(/[^\u0020-\u007e]/g, '?') : value
}
