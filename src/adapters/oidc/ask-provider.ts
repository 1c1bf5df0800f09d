import type { JsonObject } from '../../domain/json.ts'
import type { DocumentAsk, DocumentGetter } from '../../ports/document-getter.ts'
import { parseStrictJson } from './parse-strict-json.ts'

export type ProviderAnswer =
  | { readonly is: 'document'; readonly document: JsonObject }
  /** It answered; `what` continues a sentence about the endpoint and holds nothing of the answer but its status. */
  | { readonly is: 'unfit'; readonly what: string; readonly status: number | undefined }
  | { readonly is: 'unreachable'; readonly why: string }

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json *(?:;|$)/i

/** One document of a provider: status 200, JSON by its type where it names one, and strictly parsed. */
export async function askProvider(
  getter: DocumentGetter,
  ask: Pick<DocumentAsk, 'url' | 'maxBytes' | 'timeoutMs'> & Partial<DocumentAsk>,
): Promise<ProviderAnswer> {
  const answer = await getter.get({
    method: 'GET',
    body: undefined,
    ...ask,
    headers: { accept: 'application/json', ...ask.headers },
  })
  if (answer.is === 'unreachable') return answer
  if (answer.is === 'unfit') return { is: 'unfit', what: 'gave an answer that is not taken', status: undefined }
  const { status, contentType, bytes } = answer
  if (status !== 200) return { is: 'unfit', what: `returned status ${status}`, status }
  if (contentType !== '' && !JSON_TYPE.test(contentType)) return { is: 'unfit', what: 'did not answer in JSON', status }
  const read = parseStrictJson(bytes)
  if (!read.ok || read.infinite > 0) return { is: 'unfit', what: 'did not answer in valid JSON', status }
  return { is: 'document', document: read.value }
}
