import type { Deployment } from '../domain/deployment.ts'
import { usdText } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { AnswerHeaders } from './exchange-whole.ts'

/** The release of the LiteLLM proxy whose behaviour we follow; clients read it. */
export const COMPATIBLE_VERSION = '1.97.0'

export interface CallFacts {
  readonly callId: string
  readonly deployment: Deployment | undefined
  readonly group: string | undefined
  readonly retries: number
  readonly maxRetries: number
  readonly fallbacks: number
  /** `compat.expose_api_base`: callers may see where a call went. */
  readonly showsApiBase?: boolean
}

/** Never passed on: what belongs to one hop, sets state in a client, or tells about the network behind us. */
const KEPT_BACK =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|content-encoding|set-cookie.*|server|alt-svc|strict-transport-security|access-control-.*|clear-site-data|refresh|location|link|content-security-policy.*|report-to|nel|via|x-powered-by|x-served-by|x-envoy-.*|x-forwarded-.*|forwarded|x-real-ip|host|authorization|www-authenticate|x-litellm-.*|openai-organization|openai-project)$/

const RATE_LIMIT = /^x-ratelimit-(limit|remaining|reset)-(requests|tokens)$/

export function callHeaders(facts: CallFacts): Record<string, string> {
  const headers: Record<string, string> = {
    'x-litellm-call-id': facts.callId,
    'x-litellm-version': COMPATIBLE_VERSION,
    'x-litellm-attempted-retries': String(facts.retries),
    'x-litellm-max-retries': String(facts.maxRetries),
    'x-litellm-attempted-fallbacks': String(facts.fallbacks),
  }
  if (facts.deployment !== undefined) headers['x-litellm-model-id'] = facts.deployment.id
  if (facts.group !== undefined) headers['x-litellm-model-group'] = printable(facts.group)
  const target = facts.deployment?.target
  if (facts.showsApiBase === true && target?.kind === 'http')
    headers['x-litellm-model-api-base'] = target.origin + target.basePath
  return headers
}

export function addUpstreamHeaders(headers: Record<string, string>, answer: AnswerHeaders): void {
  for (const name in answer) {
    const value = answer[name]
    if (typeof value !== 'string' || value.length > 1_024 || keptBack(name)) continue
    headers[`llm_provider-${name}`] = printable(value)
    if (RATE_LIMIT.test(name)) headers[name] = printable(value)
  }
}

export function addCost(headers: Record<string, string>, cost: PicoUsd, keySpend: PicoUsd | undefined): void {
  headers['x-litellm-response-cost'] = usdText(cost)
  if (keySpend !== undefined) headers['x-litellm-key-spend'] = usdText(keySpend)
}

/** Upstreams send the same few names again and again. */
const judged = new Map<string, boolean>()

function keptBack(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const answer = KEPT_BACK.test(name) || !/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)
  if (judged.size < 1_000) judged.set(name, answer)
  return answer
}

const UNPRINTABLE = /[^\u0020-\u007e]/

function printable(value: string): string {
  return UNPRINTABLE.test(value) ? value.replaceAll(/[^\u0020-\u007e]/g, '?') : value
}
