import { expect, test } from 'vitest'
import { makeEntry, NOON } from '../../../test/support/entries.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { epochMs, parseDeploymentId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import { CallMetrics } from './call-metrics.ts'

const NOBODY_KNOWS = {
  pendingLines: () => 0,
  softBudgetsCrossed: () => new Map(),
  uncaughtFaults: () => 2,
  droppedLogLines: () => 3,
}

const FAILURE: UpstreamFailure = {
  failure: 'Timeout',
  status: 408,
  text: '',
  param: null,
  details: undefined,
  retryAfterMs: undefined,
  headers: [],
  mayHaveBilled: true,
}

function deployment(group = 'fast'): Deployment {
  const id = parseDeploymentId('d-1')
  if (id === undefined) throw new Error('no id')
  const params = { model: 'groq/llama', extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults: {} }
  return {
    id,
    group,
    provider: 'groq',
    upstreamModel: group.includes('*') ? '*' : 'llama',
    target: {
      kind: 'http',
      wire: 'openai',
      host: 'from-our-config',
      origin: 'https://api.groq.com',
      basePath: '/openai/v1',
      apiVersion: undefined,
      apiKey: undefined,
      headers: new Map(),
    },
    entry: { name: group, params, info: {} },
  }
}

function resolved(group: string, star?: string): ResolvedModel {
  return { group, names: [group], deployments: [], star }
}

async function samplesOf(metrics: CallMetrics): Promise<(name: string, ...labels: readonly string[]) => number> {
  const lines = (await metrics.render()).split('\n')
  return (name, ...labels) => {
    const isOf = (line: string): boolean => line.startsWith(`${name}{`) || line.startsWith(`${name} `)
    const found = lines.filter((line) => isOf(line) && labels.every((label) => line.includes(label)))
    return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
}

/** A line of a call with a failed, billed try before it. */
function lineOf(number: number, overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  return makeEntry(number, { modelGroup: 'fast', upstreamModel: 'llama', ...overrides })
}

test('a call is one call however many tries were billed; each try is in the money', async () => {
  const metrics = new CallMetrics(NOBODY_KNOWS)
  const failed = lineOf(1, { status: 'failure', httpStatus: 408, errorClass: 'Timeout' })
  metrics.attempted(deployment(), resolved('fast'), FAILURE)
  metrics.charged(failed)
  metrics.attempted(deployment(), resolved('fast'), undefined)
  const answered = lineOf(2, { startedAt: epochMs(NOON + 3000), endedAt: epochMs(NOON + 4000) })
  metrics.charged(answered)
  metrics.finished(answered, NOON)

  const sample = await samplesOf(metrics)
  expect(sample('litellm_proxy_total_requests_metric_total')).toBe(1)
  expect(sample('litellm_proxy_total_requests_metric_total', 'status_code="200"')).toBe(1)
  expect(sample('litellm_proxy_failed_requests_metric_total')).toBe(0)
  expect(sample('litellm_requests_metric_total', 'model="llama"', 'requested_model="fast"')).toBe(1)
  expect(sample('litellm_input_tokens_metric_total')).toBe(20)
  expect(sample('litellm_spend_metric_total')).toBeCloseTo(27e-6, 12)
  expect(sample('litellm_request_total_latency_metric_sum')).toBe(4)
  expect(sample('litellm_llm_api_latency_metric_sum')).toBe(1)
  expect(sample('litellm_deployment_total_requests_total')).toBe(2)
})

test('tries are labelled with the deployment, and its state is that of the last one', async () => {
  const metrics = new CallMetrics(NOBODY_KNOWS)
  metrics.attempted(deployment(), resolved('fast'), undefined)
  metrics.attempted(deployment(), resolved('fast'), FAILURE)
  const labels = [
    'litellm_model_name="llama"',
    'model_id="d-1"',
    'api_base="https://api.groq.com/openai/v1"',
    'api_provider="groq"',
  ]
  const tried = [...labels, 'requested_model="fast"', 'hashed_api_key="None"', 'team_alias="None"']

  let sample = await samplesOf(metrics)
  expect(sample('litellm_deployment_total_requests_total', ...tried)).toBe(2)
  expect(sample('litellm_deployment_success_responses_total', ...tried)).toBe(1)
  const failed = [...tried, 'exception_status="408"', 'exception_class="Timeout"']
  expect(sample('litellm_deployment_failure_responses_total', ...failed)).toBe(1)
  expect(sample('litellm_deployment_state', ...labels)).toBe(1)
  expect(sample('litellm_deployment_cooled_down_total')).toBe(0)

  metrics.rested(deployment(), resolved('fast'), FAILURE)
  sample = await samplesOf(metrics)
  expect(sample('litellm_deployment_state', ...labels)).toBe(2)
  expect(sample('litellm_deployment_cooled_down_total', ...labels, 'exception_status="408"')).toBe(1)

  metrics.attempted(deployment(), resolved('fast'), undefined)
  expect((await samplesOf(metrics))('litellm_deployment_state', ...labels)).toBe(0)
})

test('names that callers choose through a wildcard make a bounded number of series, and lose no count', async () => {
  const metrics = new CallMetrics(NOBODY_KNOWS)
  for (let n = 0; n < 5_000; n += 1) {
    const name = `model-${n}`
    metrics.attempted(deployment('*'), resolved(name, name), undefined)
    const entry = lineOf(n, { modelGroup: name, upstreamModel: name })
    metrics.charged(entry)
    metrics.finished(entry, NOON)
  }
  const sample = await samplesOf(metrics)
  for (const name of ['litellm_requests_metric_total', 'litellm_deployment_total_requests_total']) {
    expect(sample(name)).toBe(5_000)
    expect(sample(name, 'requested_model="other"')).toBe(3_000)
  }
  expect(sample('litellm_output_tokens_metric_total', 'requested_model="other"')).toBe(15_000)
  expect(sample('litellm_request_total_latency_metric_count')).toBe(5_000)
})

test('INV-25, F-11: faults that nobody caught are counted, and lines that nobody took', async () => {
  const sample = await samplesOf(new CallMetrics(NOBODY_KNOWS))
  expect(sample('unhandled_errors_total')).toBe(2)
  expect(sample('latchkey_log_lines_dropped_total')).toBe(3)
})

test('J-12: keys of providers that are not used are counted by why, and fetches by what came', async () => {
  const metrics = new CallMetrics(NOBODY_KNOWS)
  metrics.fetched('unreachable')
  for (const why of ['rsa_size', 'rsa_size', 'use']) metrics.dropped(why)
  const sample = await samplesOf(metrics)
  expect(sample('jwks_key_dropped', 'why="rsa_size"')).toBe(2)
  expect(sample('jwks_key_dropped')).toBe(3)
  expect(sample('latchkey_jwks_fetches_total', 'outcome="unreachable"')).toBe(1)
})

test('no series stands twice in one answer', async () => {
  const metrics = new CallMetrics(NOBODY_KNOWS)
  for (const errorClass of ['BadRequestError', 'ContextWindowExceededError']) {
    const entry = lineOf(1, { status: 'failure', httpStatus: 400, errorClass })
    metrics.charged(entry)
    metrics.finished(entry, NOON)
  }
  const series = (await metrics.render())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
  expect(new Set(series).size).toBe(series.length)
})
