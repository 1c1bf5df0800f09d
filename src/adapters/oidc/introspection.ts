import { deny } from '../../domain/decision.ts'
import type { IntrospectionSettings } from '../../domain/token-settings.ts'
import type { DocumentGetter } from '../../ports/document-getter.ts'
import { askProvider } from './ask-provider.ts'
import type { ProviderAnswer } from './ask-provider.ts'
import { refuseOpaque } from './verify-opaque.ts'
import type { Witness } from './verify-opaque.ts'

const MAX_BYTES = 64 * 1024
const TIMEOUT_MS = 5_000
const TTL_SECONDS = 60

/** RFC 7662 where the operator gave us a client of our own; otherwise an endpoint that tells about its bearer token. */
export function introspectionWitness(settings: IntrospectionSettings, getter: DocumentGetter): Witness {
  const { profile, audiences } = settings
  return {
    via: 'introspection',
    profile: audiences === undefined ? profile : { ...profile, audiences },
    ttlSeconds: TTL_SECONDS,
    async ask(token) {
      const answer = await introspect(token, settings, getter)
      if (answer.is === 'document')
        return answer.document['active'] === true
          ? { claims: answer.document }
          : { denied: refuseOpaque('Validation fails: The token is not active'), isLasting: true }
      const isOurFault = answer.is === 'unfit' && answer.status !== undefined && answer.status < 500
      return { denied: isOurFault ? refuseOpaque(`Introspection ${answer.what}`) : DOWN, isLasting: false }
    },
  }
}

const DOWN = deny(
  'provider-unavailable',
  'jwks_unavailable',
  "Service Unavailable, the identity provider's introspection endpoint is temporarily unreachable, so the token could not be verified. Please retry shortly.",
)

async function introspect(
  token: string,
  { url, clientId, clientSecret }: IntrospectionSettings,
  getter: DocumentGetter,
): Promise<ProviderAnswer> {
  const limits = { url, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS }
  if (clientId === undefined) return askProvider(getter, { ...limits, headers: { authorization: `Bearer ${token}` } })
  const credentials = `${formEncoded(clientId)}:${formEncoded(clientSecret?.reveal() ?? '')}`
  return askProvider(getter, {
    ...limits,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
  })
}

/** RFC 6749 §2.3.1. */
function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2)
}
