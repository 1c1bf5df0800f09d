import type { UserInfoSettings } from '../../domain/token-settings.ts'
import type { DocumentGetter } from '../../ports/document-getter.ts'
import { askProvider } from './ask-provider.ts'
import { refuseOpaque } from './verify-opaque.ts'
import type { Witness } from './verify-opaque.ts'

const MAX_BYTES = 64 * 1024
const TIMEOUT_MS = 5_000

/** OIDC Core 5.3: who bears a token, in the words of the provider that issued it. */
export function userInfoWitness({ url, ttlSeconds, profile }: UserInfoSettings, getter: DocumentGetter): Witness {
  return {
    via: 'userinfo',
    profile,
    ttlSeconds,
    async ask(token) {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await askProvider(getter, { url, headers, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS })
      if (answer.is === 'document') return { claims: answer.document }
      const why = answer.is === 'unfit' ? `the endpoint ${answer.what}` : 'the endpoint is unreachable'
      const isLasting = answer.is === 'unfit' && (answer.status === 401 || answer.status === 403)
      return { denied: refuseOpaque(`Failed to fetch OIDC UserInfo: ${why}`), isLasting }
    },
  }
}
