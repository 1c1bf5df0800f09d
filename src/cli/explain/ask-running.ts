import { postJson } from '../../adapters/outbound-http/post-json.ts'
import type { JsonAnswer, JsonPost } from '../../adapters/outbound-http/post-json.ts'
import type { JsonObject } from '../../domain/json.ts'

const ANSWER_MS = 30_000

export const EXPLAIN_PATH = '/authz/explain'

/** A sentence: why there is no answer. */
export async function askRunning(
  url: string,
  { credential, header }: Pick<JsonPost, 'credential' | 'header'>,
  ask: JsonObject,
): Promise<JsonAnswer | string> {
  const base = URL.parse(url)
  if (base === null || !['http:', 'https:'].includes(base.protocol)) return `${url} is no address of a gateway.`
  const address = `${base.href.replace(/\/+$/, '')}${EXPLAIN_PATH}`
  try {
    return await postJson(address, { credential, header, body: ask, timeoutMs: ANSWER_MS })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    return `there is no answer from ${base.origin}${code}. Name the gateway with --url, or a configuration with --config.`
  }
}
