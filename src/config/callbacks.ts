import { nearestName } from './nearest-name.ts'
import { aText, oneOrMore } from './readers.ts'
import type { Reader } from './readers.ts'

const KNOWN_ELSEWHERE = [
  'otel',
  'arize',
  'braintrust',
  'custom_callback_api',
  'datadog',
  'datadog_llm_observability',
  'deepeval',
  'dynamodb',
  'email',
  'galileo',
  'gcs_bucket',
  'gcs_pubsub',
  'generic_api',
  'helicone',
  'humanloop',
  'lago',
  'langfuse',
  'langfuse_otel',
  'langsmith',
  'literalai',
  'logfire',
  'lunary',
  'mlflow',
  'openmeter',
  'opik',
  'posthog',
  's3',
  's3_v2',
  'sentry',
  'slack',
  'smtp_email',
  'sqs',
  'supabase',
  'traceloop',
  'webhook',
  'weights_biases',
]

const names = oneOrMore(aText)

/** Names of callbacks. Only `prometheus` has an effect that we give; every other would lose data in silence. */
export const aCallbackList: Reader<readonly string[]> = {
  expects: 'a list of callback names',
  read: (node, key, findings) => {
    const items = node.kind === 'list' ? node.items : [node]
    const written = names.read(node, key, findings)
    items.forEach((item, index) => {
      if (item.kind !== 'scalar' || typeof item.value !== 'string' || item.value === 'prometheus') return
      const { message, suggestion } = refuse(item.value)
      findings.error(item.place, node.kind === 'list' ? `${key}[${index}]` : key, message, suggestion)
    })
    return written?.filter((name) => name === 'prometheus')
  },
}

function refuse(name: string): { readonly message: string; readonly suggestion: string } {
  if (KNOWN_ELSEWHERE.includes(name)) {
    const suggestion = 'Remove it; calls can be read from /spend/logs and measured at /metrics.'
    return { message: `Not supported: the callback ${name} is not in this version.`, suggestion }
  }
  if (/^[\w-]+(?:\.[\w-]+)+$/.test(name)) {
    const suggestion = 'Remove it; calls can be read from /spend/logs.'
    return { message: 'Not supported: Python callbacks cannot be run.', suggestion }
  }
  const nearest = nearestName(name, ['prometheus', ...KNOWN_ELSEWHERE])
  const suggestion = nearest === undefined ? 'Known and supported: prometheus.' : `Did you mean ${nearest}?`
  return { message: 'There is no such callback.', suggestion }
}
