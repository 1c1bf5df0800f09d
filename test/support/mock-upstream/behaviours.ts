import {
  AZURE_CONTENT_FILTER,
  BAD_GATEWAY_PAGE,
  BAD_KEY,
  BAD_REQUEST,
  CAPTIVE_PAGE,
  CONTEXT_LENGTH,
  FORBIDDEN,
  LEAKED_CREDENTIAL,
  NO_SUCH_MODEL,
  OVERLOADED,
  QUOTA_SPENT,
  RATE_LIMITED,
  REQUEST_TIMEOUT,
  SERVER_ERROR,
  UNAVAILABLE,
  UNPROCESSABLE,
  redirect,
} from './provider-errors.ts'
import type { ScriptChange } from './script.ts'

/**
 * What the mock does, by model name. A name that doesn't start with `mock-` is served plainly; a `mock-` name that is
 * not in this table is answered 404. `script(model, change)` and `POST /__control` override any of it, for any name.
 *
 * Counting. Every word that is sent is one token. A prompt is 4 tokens per message, plus one for every 4 characters of
 * text that it holds (rounded up), plus 85 per image; a list of token ids counts as many as it has. Tool calls cost one
 * token per fragment of their arguments, a picture 1,056 (low 272, high 4,160). `max_tokens` and its successors shorten the answer.
 *
 * `mock-bench` is answered from memory before any of this (bench-reply.ts): not recorded, not billed.
 */
export const BEHAVIOURS: ReadonlyMap<string, ScriptChange> = new Map(
  Object.entries({
    'mock-ok': {},
    'mock-echo': { echo: true },
    'mock-one-word': { words: 1 },
    'mock-long': { words: 2000 },
    'mock-reasoning': { reasoningWords: 5 },
    'mock-cached': { cachedPrompt: true },
    'mock-tools': { toolCalls: 1 },
    'mock-tools-parallel': { toolCalls: 2 },

    'mock-400': { refusal: BAD_REQUEST },
    'mock-400-context': { refusal: CONTEXT_LENGTH },
    'mock-400-filter': { refusal: AZURE_CONTENT_FILTER },
    'mock-401': { refusal: BAD_KEY },
    'mock-401-leak': { refusal: LEAKED_CREDENTIAL },
    'mock-403': { refusal: FORBIDDEN },
    'mock-404': { refusal: NO_SUCH_MODEL },
    'mock-408': { refusal: REQUEST_TIMEOUT },
    'mock-422': { refusal: UNPROCESSABLE },
    'mock-429': { refusal: RATE_LIMITED },
    'mock-429-quota': { refusal: QUOTA_SPENT },
    'mock-500': { refusal: SERVER_ERROR },
    'mock-502': { refusal: BAD_GATEWAY_PAGE },
    'mock-503': { refusal: UNAVAILABLE },
    'mock-529': { refusal: OVERLOADED },
    'mock-html': { refusal: CAPTIVE_PAGE },
    'mock-302': { refusal: redirect(302) },
    'mock-307': { refusal: redirect(307) },
    'mock-fail-once': { refusal: SERVER_ERROR, times: 1 },
    'mock-fail-twice': { refusal: SERVER_ERROR, times: 2 },
    'mock-limited-once': { refusal: RATE_LIMITED, times: 1 },

    // 'slow' trickles for about a second; 'late' says nothing for 2 s; 'silent' never says anything.
    'mock-slow': { words: 20, gapMs: 50 },
    'mock-late': { firstByteDelayMs: 2000 },
    'mock-silent': { cut: { afterChunks: -1, how: 'stall' } },
    'mock-open': { words: 3, cut: { afterChunks: 2, how: 'stall' } },

    // Cuts fall after the third event of a stream, or in the middle of a body.
    'mock-stall': { cut: { afterChunks: 3, how: 'stall' } },
    'mock-reset': { cut: { afterChunks: 3, how: 'reset' } },
    'mock-reset-at-once': { cut: { afterChunks: -1, how: 'reset' } },
    'mock-no-done': { cut: { afterChunks: 3, how: 'close' } },
    'mock-truncated': { truncatedJson: true },

    'mock-usage-missing': { usage: 'missing' },
    'mock-usage-every-chunk': { usage: 'every-chunk' },
    'mock-usage-negative': { usage: { poison: '-5' } },
    'mock-usage-infinite': { usage: { poison: '1e400' } },
    'mock-usage-text': { usage: { poison: '"5"' } },
    'mock-usage-huge': { usage: { poison: '1000000000000000' } },
    'mock-usage-fraction': { usage: { poison: '1.5' } },

    'mock-empty-choices': { emptyChoicesFirst: true },
    'mock-comments': { comments: true },
    'mock-crlf': { lineEnd: '\r\n' },
    'mock-split-1': { splitBytes: 1 },
    'mock-split-7': { splitBytes: 7 },
    'mock-one-write': { splitBytes: 1_000_000 },
    'mock-broken-event': { brokenEvent: true },
    'mock-huge-event': { hugeEventBytes: 1_500_000 },
    'mock-error-event': { errorEvent: true },

    'mock-gzip': { encoding: 'gzip' },
    'mock-gzip-bomb': { encoding: 'gzip-bomb' },
    'mock-huge-body': { paddingBytes: 40_000_000 },
    'mock-headers': { headers: notToBeRelayed() },
    'mock-header-flood': { headers: floodOfHeaders(400) },
    'mock-header-huge': { headers: { 'x-huge': 'h'.repeat(70_000) } },
  } satisfies Record<string, ScriptChange>),
)

/** Headers that speak about the provider's own connection, site or cookies, and names that only the gateway may use. */
function notToBeRelayed(): Readonly<Record<string, string | readonly string[]>> {
  return {
    'set-cookie': ['__cf_bm=abc; Path=/; HttpOnly; Secure', 'session=evil'],
    server: 'cloudflare',
    location: 'https://evil.example/',
    'alt-svc': 'h3=":443"; ma=86400',
    'strict-transport-security': 'max-age=15552000',
    'access-control-allow-origin': '*',
    'content-security-policy': "default-src 'none'",
    'www-authenticate': 'Basic realm="provider"',
    'proxy-authenticate': 'Basic realm="proxy"',
    'clear-site-data': '"*"',
    refresh: '0; url=https://evil.example/',
    'x-litellm-call-id': 'forged',
    'x-litellm-response-cost': '0',
  }
}

function floodOfHeaders(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-flood-${i}`, 'f'.repeat(20)]))
}
