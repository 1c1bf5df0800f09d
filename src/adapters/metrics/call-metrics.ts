import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { usdNumber } from '../../domain/money.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { CallObserver } from '../../ports/call-observer.ts'
import type { KeySetObserver } from '../../ports/key-set-observer.ts'
import { CallTallies } from './call-tallies.ts'
import type { CallTally, ChargeTally } from './call-tallies.ts'
import { DEPLOYMENT_STATES, DeploymentTallies } from './deployment-tallies.ts'
import { renderHistograms } from './histogram.ts'
import { LabelCounts } from './label-counts.ts'

interface Scrape {
  readonly contentType: string
  render(): Promise<string>
}

/** Who called is not a label: the compatible names are there, their values are not. */
const NO_KEY = { hashed_api_key: 'None', api_key_alias: 'None', team: 'None', team_alias: 'None' } as const
const NOBODY = { end_user: 'None', ...NO_KEY, user: 'None' } as const

/** What others know, asked when somebody reads the metrics. */
interface Known {
  readonly pendingLines: () => number
  /** By whose they are. */
  readonly softBudgetsCrossed: () => ReadonlyMap<string, number>
  readonly uncaughtFaults: () => number
  readonly droppedLogLines: () => number
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Metrics of the compatible names. A call adds to plain sums; labels are put on when somebody reads them. */
export class CallMetrics implements CallObserver, KeySetObserver, Scrape {
  readonly #registry = new Registry()
  readonly #calls = new CallTallies()
  readonly #deployments = new DeploymentTallies()
  readonly #refusals = new LabelCounts('reason')
  readonly #keyFetches = new LabelCounts('outcome')
  readonly #droppedKeys = new LabelCounts('why')

  constructor({ pendingLines, softBudgetsCrossed, uncaughtFaults, droppedLogLines }: Known) {
    collectDefaultMetrics({ register: this.#registry })
    this.#countCalls()
    this.#countCharges()
    this.#countTries()
    this.#count('auth_rejects_total', 'Refused requests, by reason', this.#refusals)
    this.#count(
      'jwks_key_dropped',
      'Keys of identity providers that were left aside, by what is wrong',
      this.#droppedKeys,
    )
    this.#count(
      'latchkey_jwks_fetches_total',
      'Times that an identity provider was asked for its keys',
      this.#keyFetches,
    )
    this.#counter('unhandled_errors_total', 'Faults that nobody caught: mistakes of the gateway', [], () => [
      { labels: {}, value: uncaughtFaults() },
    ])
    this.#counter('latchkey_log_lines_dropped_total', 'Log lines that nobody took', [], () => [
      { labels: {}, value: droppedLogLines() },
    ])
    const pending = 'Ledger lines that are durable here and not in the store yet'
    this.#gauge('latchkey_ledger_pending_lines', pending, [], () => [{ labels: {}, value: pendingLines() }])
    this.#gauge('latchkey_soft_budgets_crossed', 'Soft budgets that are crossed, by whose they are', ['kind'], () =>
      [...softBudgetsCrossed()].map(([kind, value]) => ({ labels: { kind }, value })),
    )
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  charged(entry: LedgerEntry): void {
    this.#calls.charge(entry)
  }

  finished(entry: LedgerEntry, since: EpochMs): void {
    this.#calls.finish(entry, since)
  }

  refused(denied: Parameters<CallObserver['refused']>[0]): void {
    this.#refusals.add(denied.because)
  }

  fetched(outcome: Parameters<KeySetObserver['fetched']>[0]): void {
    this.#keyFetches.add(outcome)
  }

  dropped(why: string): void {
    this.#droppedKeys.add(why)
  }

  attempted(...tried: Parameters<CallObserver['attempted']>): void {
    this.#deployments.attempted(...tried)
  }

  rested(...tried: Parameters<CallObserver['rested']>): void {
    this.#deployments.rested(...tried)
  }

  async render(): Promise<string> {
    const durations = [
      ['litellm_request_total_latency_metric', (tally: CallTally) => tally.total],
      ['litellm_llm_api_latency_metric', (tally: CallTally) => tally.upstream],
      ['litellm_llm_api_time_to_first_token_metric', (tally: CallTally) => tally.firstByte],
    ] as const
    const tallies = this.#calls.calls.values()
    const histograms = durations.map(([name, pick]) =>
      renderHistograms(
        name,
        tallies.map((tally) => ({ labels: latencyLabels(tally), histogram: pick(tally) })),
      ),
    )
    return [await this.#registry.metrics(), ...histograms, ''].join('\n')
  }

  #countCalls(): void {
    const samples = (labelsOf: (tally: CallTally) => Sample['labels'] | undefined) => () =>
      this.#calls.calls.values().flatMap((tally) => {
        const labels = labelsOf(tally)
        return labels === undefined ? [] : [{ labels: { ...NOBODY, ...labels }, value: tally.calls }]
      })
    const asked = [...Object.keys(NOBODY), 'requested_model']
    this.#counter(
      'litellm_proxy_total_requests_metric_total',
      'Calls, by outcome',
      [...asked, 'status_code'],
      samples((t) => ({ requested_model: t.requestedModel, status_code: t.status })),
    )
    this.#counter(
      'litellm_proxy_failed_requests_metric_total',
      'Failed calls',
      [...asked, 'exception_status', 'exception_class'],
      samples(({ requestedModel, status, errorClass }) =>
        errorClass === ''
          ? undefined
          : { requested_model: requestedModel, exception_status: status, exception_class: errorClass },
      ),
    )
    this.#counter(
      'litellm_requests_metric_total',
      'Calls',
      [...asked, 'model'],
      samples((t) => ({ model: t.model, requested_model: t.requestedModel })),
    )
  }

  #countCharges(): void {
    const sums: readonly (readonly [string, string, (tally: ChargeTally) => number])[] = [
      ['litellm_spend_metric_total', 'Spend in USD', (t) => usdNumber(t.spend)],
      ['litellm_total_tokens_metric_total', 'Tokens', (t) => t.inputTokens + t.outputTokens],
      ['litellm_input_tokens_metric_total', 'Prompt tokens', (t) => t.inputTokens],
      ['litellm_output_tokens_metric_total', 'Completion tokens', (t) => t.outputTokens],
    ]
    for (const [name, help, value] of sums) {
      this.#counter(name, help, [...Object.keys(NOBODY), 'model', 'requested_model'], () =>
        this.#calls.charges.values().map((tally) => ({
          labels: { ...NOBODY, model: tally.model, requested_model: tally.requestedModel },
          value: value(tally),
        })),
      )
    }
    const unpriced = 'Calls of models that no price is known for'
    this.#counter('latchkey_unpriced_calls_total', unpriced, ['model'], () =>
      this.#calls.charges
        .values()
        .filter((tally) => tally.unpriced > 0)
        .map((tally) => ({ labels: { model: tally.requestedModel }, value: tally.unpriced })),
    )
  }

  #countTries(): void {
    const deployment = ['litellm_model_name', 'model_id', 'api_base', 'api_provider']
    const tried = ['requested_model', ...deployment, ...Object.keys(NO_KEY)]
    const samples = (failed: boolean | undefined) => () =>
      this.#deployments.tries
        .values()
        .filter((tally) => failed === undefined || failed === (tally.failure !== undefined))
        .map((tally) => ({
          labels: {
            requested_model: tally.requestedModel,
            ...tally.labels,
            ...NO_KEY,
            ...(failed === true ? tally.failure : {}),
          },
          value: tally.tries,
        }))
    this.#counter('litellm_deployment_total_requests_total', 'Tries', tried, samples(undefined))
    this.#counter('litellm_deployment_success_responses_total', 'Tries that succeeded', tried, samples(false))
    const failed = [...tried, 'exception_status', 'exception_class']
    this.#counter('litellm_deployment_failure_responses_total', 'Tries that failed', failed, samples(true))
    this.#counter(
      'litellm_deployment_cooled_down_total',
      'Times that a deployment was sent to rest',
      [...deployment, 'exception_status'],
      () =>
        this.#deployments.tries.values().flatMap(({ labels, failure, rests }) => {
          if (failure === undefined || rests === 0) return []
          return [{ labels: { ...labels, exception_status: failure.exception_status }, value: rests }]
        }),
    )
    const states = 'As the last try left it: 0 healthy, 1 failing, 2 resting'
    this.#gauge('litellm_deployment_state', states, deployment, () =>
      [...this.#deployments.states.values()].map(({ labels, state }) => ({
        labels: { ...labels },
        value: DEPLOYMENT_STATES[state],
      })),
    )
  }

  #count(name: string, help: string, counts: LabelCounts): void {
    this.#counter(name, help, counts.names, () => counts.samples())
  }

  #counter(name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void {
    const collect = (): void => {
      metric.reset()
      for (const { labels, value } of read()) metric.inc(labels, value)
    }
    const metric: Counter = new Counter({ name, help, labelNames, registers: [this.#registry], collect })
  }

  #gauge(name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void {
    const collect = (): void => {
      metric.reset()
      for (const { labels, value } of read()) metric.set(labels, value)
    }
    const metric: Gauge = new Gauge({ name, help, labelNames, registers: [this.#registry], collect })
  }
}

function latencyLabels(tally: CallTally): Sample['labels'] {
  const { model, requestedModel, status, deployment } = tally
  return { ...NOBODY, model, requested_model: requestedModel, status_code: status, model_id: deployment }
}
