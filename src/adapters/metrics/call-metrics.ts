import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { NO_MONEY, addUsd, usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { CallObserver } from '../../ports/call-observer.ts'
import { DurationHistogram } from './histogram.ts'

/** Sums of one combination of labels. All of them come from configuration, so their number is bounded. */
interface Tally {
  readonly model: string
  readonly deployment: string
  readonly provider: string
  readonly status: string
  readonly errorClass: string
  calls: number
  inputTokens: number
  outputTokens: number
  spend: PicoUsd
  unpriced: number
  readonly total: DurationHistogram
  readonly firstByte: DurationHistogram
}

interface Scrape {
  readonly contentType: string
  render(): Promise<string>
}

/** Who called is not a label: the compatible names are there, their values are not, unless an operator asks elsewhere. */
const NOBODY = {
  end_user: 'None',
  hashed_api_key: 'None',
  api_key_alias: 'None',
  team: 'None',
  team_alias: 'None',
  user: 'None',
} as const
const PEOPLE = Object.keys(NOBODY)

/** Metrics of the compatible names. A call adds to plain sums; labels are put on when somebody reads them. */
export class CallMetrics implements CallObserver, Scrape {
  readonly #registry = new Registry()
  readonly #tallies = new Map<string, Tally>()
  readonly #refusals = new Map<string, number>()
  readonly #attempts = new Map<string, { deployment: string; group: string; failure: string; count: number }>()

  constructor(pendingLines: () => number) {
    collectDefaultMetrics({ register: this.#registry })
    const registers = [this.#registry]
    const each = (add: (tally: Tally) => void): void => this.#tallies.forEach(add)
    const counter = (
      name: string,
      help: string,
      labels: readonly string[],
      collect: (metric: Counter) => void,
    ): void => {
      const metric: Counter = new Counter({
        name,
        help,
        labelNames: [...labels],
        registers,
        collect: () => (metric.reset(), collect(metric)),
      })
    }

    counter(
      'litellm_proxy_total_requests_metric_total',
      'Calls, by outcome',
      [...PEOPLE, 'requested_model', 'status_code'],
      (metric) => each((t) => metric.inc({ ...NOBODY, requested_model: t.model, status_code: t.status }, t.calls)),
    )
    counter(
      'litellm_proxy_failed_requests_metric_total',
      'Failed calls',
      [...PEOPLE, 'requested_model', 'exception_status', 'exception_class'],
      (metric) =>
        each((t) => {
          if (t.errorClass !== '')
            metric.inc(
              { ...NOBODY, requested_model: t.model, exception_status: t.status, exception_class: t.errorClass },
              t.calls,
            )
        }),
    )
    const sums: readonly (readonly [string, string, (tally: Tally) => number])[] = [
      ['litellm_requests_metric_total', 'Calls', (t) => t.calls],
      ['litellm_spend_metric_total', 'Spend in USD', (t) => usdNumber(t.spend)],
      ['litellm_total_tokens_metric_total', 'Tokens', (t) => t.inputTokens + t.outputTokens],
      ['litellm_input_tokens_metric_total', 'Prompt tokens', (t) => t.inputTokens],
      ['litellm_output_tokens_metric_total', 'Completion tokens', (t) => t.outputTokens],
    ]
    for (const [name, help, value] of sums) {
      counter(name, help, [...PEOPLE, 'model', 'requested_model'], (metric) =>
        each((t) => metric.inc({ ...NOBODY, model: t.model, requested_model: t.model }, value(t))),
      )
    }
    counter('latchkey_unpriced_calls_total', 'Calls of models that no price is known for', ['model'], (metric) =>
      each((t) => {
        if (t.unpriced > 0) metric.inc({ model: t.model }, t.unpriced)
      }),
    )
    const deployments = ['requested_model', 'model_id']
    counter('litellm_deployment_total_requests_total', 'Tries at a deployment', deployments, (metric) =>
      this.#attempts.forEach((a) => metric.inc({ requested_model: a.group, model_id: a.deployment }, a.count)),
    )
    counter('litellm_deployment_success_responses_total', 'Tries that succeeded', deployments, (metric) =>
      this.#attempts.forEach((a) => {
        if (a.failure === '') metric.inc({ requested_model: a.group, model_id: a.deployment }, a.count)
      }),
    )
    counter(
      'litellm_deployment_failure_responses_total',
      'Tries that failed',
      [...deployments, 'exception_class'],
      (metric) =>
        this.#attempts.forEach((a) => {
          if (a.failure !== '')
            metric.inc({ requested_model: a.group, model_id: a.deployment, exception_class: a.failure }, a.count)
        }),
    )
    counter('auth_rejects_total', 'Refused requests, by reason', ['reason'], (metric) =>
      this.#refusals.forEach((count, reason) => metric.inc({ reason }, count)),
    )
    const pending: Gauge = new Gauge({
      name: 'latchkey_ledger_pending_lines',
      help: 'Ledger lines that are durable here and not in the store yet',
      registers,
      collect: () => pending.set(pendingLines()),
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  finished(entry: LedgerEntry): void {
    const tally = this.#tallyOf(entry)
    tally.calls += 1
    tally.inputTokens += entry.usage.inputTokens
    tally.outputTokens += entry.usage.outputTokens
    tally.spend = addUsd(tally.spend, entry.amount)
    if (entry.pricing === 'unpriced') tally.unpriced += 1
    tally.total.observe((entry.endedAt - entry.startedAt) / 1000)
    if (entry.firstByteAt !== undefined) tally.firstByte.observe((entry.firstByteAt - entry.startedAt) / 1000)
  }

  refused(denied: Parameters<CallObserver['refused']>[0]): void {
    this.#refusals.set(denied.because, (this.#refusals.get(denied.because) ?? 0) + 1)
  }

  attempted(deployment: string, group: string, failure: string | undefined): void {
    const key = `${deployment}\n${failure ?? ''}`
    const known = this.#attempts.get(key)
    if (known === undefined)
      this.#attempts.set(key, { deployment, group: boundedModel(group), failure: failure ?? '', count: 1 })
    else known.count += 1
  }

  rested(): void {}

  async render(): Promise<string> {
    const lines = [await this.#registry.metrics()]
    const names = [
      ['litellm_request_total_latency_metric', 'total'],
      ['litellm_llm_api_time_to_first_token_metric', 'firstByte'],
    ] as const
    for (const [name, member] of names) {
      lines.push(`# HELP ${name} Seconds`, `# TYPE ${name} histogram`)
      for (const tally of this.#tallies.values())
        lines.push(
          tally[member].render(
            name,
            `model="${escapeLabel(tally.model)}",requested_model="${escapeLabel(tally.model)}",status_code="${tally.status}",model_id="${escapeLabel(tally.deployment)}"`,
          ),
        )
    }
    return `${lines.join('\n')}\n`
  }

  #tallyOf(entry: LedgerEntry): Tally {
    const { modelGroup, deploymentId = '', httpStatus, errorClass = '', provider } = entry
    const key = `${deploymentId}\n${modelGroup}\n${httpStatus}\n${errorClass}`
    const known = this.#tallies.get(key)
    if (known !== undefined) return known
    const fresh: Tally = {
      model: this.#tallies.size < MOST_TALLIES ? boundedModel(modelGroup) : 'other',
      deployment: deploymentId,
      provider,
      status: String(httpStatus),
      errorClass,
      calls: 0,
      inputTokens: 0,
      outputTokens: 0,
      spend: NO_MONEY,
      unpriced: 0,
      total: new DurationHistogram(),
      firstByte: new DurationHistogram(),
    }
    if (this.#tallies.size < MOST_TALLIES) this.#tallies.set(key, fresh)
    else this.#tallies.set(`other\n${httpStatus}`, this.#tallies.get(`other\n${httpStatus}`) ?? fresh)
    return this.#tallies.get(key) ?? this.#tallies.get(`other\n${httpStatus}`) ?? fresh
  }
}

/** A wildcard deployment stands for any number of names, so the number of combinations has an end of its own. */
const MOST_TALLIES = 2_000

function boundedModel(name: string): string {
  return name.slice(0, 128)
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
