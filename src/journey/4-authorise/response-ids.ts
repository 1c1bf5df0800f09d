import type { KeyDigest, TeamId, UserId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import type { IdSigner } from '../../ports/id-signer.ts'

/** Whose a stored response is: of one key, of one user or team that comes with tokens, or of the administrators. */
export type ResponseOwner = KeyDigest | 'master' | `user:${UserId}` | `team:${TeamId}` | 'nobody'

export function responseOwner(principal: Principal): ResponseOwner {
  switch (principal.kind) {
    case 'master':
      return 'master'
    case 'virtual-key':
      return principal.key.digest
    case 'user':
    case 'team-token': {
      const { user, team } = principal.standing
      if (user !== undefined) return `user:${user.user.id}`
      return team === undefined ? 'nobody' : `team:${team.id}`
    }
  }
}

export interface StoredResponse {
  readonly provider: string
  readonly deploymentId: string
  readonly upstreamId: string
}

const PREFIX = 'resp_'
const FORM =
  /^litellm:custom_llm_provider:([^;]{1,64});model_id:([^;]{1,255});response_id:([^;]{1,255});sig:([0-9A-Za-z_-]{43})$/

export function writeResponseId(stored: StoredResponse, owner: ResponseOwner, signer: IdSigner): string {
  const plain = `litellm:custom_llm_provider:${stored.provider};model_id:${stored.deploymentId};response_id:${stored.upstreamId}`
  return PREFIX + signer.encode(`${plain};sig:${signer.sign(`${owner}\n${plain}`)}`)
}

/** Undefined for anything but an id that we gave to this owner: foreign, made up and absent look the same. */
export function readResponseId(id: string, owner: ResponseOwner, signer: IdSigner): StoredResponse | undefined {
  if (!id.startsWith(PREFIX) || id.length > 2_048) return undefined
  const match = FORM.exec(signer.decode(id.slice(PREFIX.length)) ?? '')
  if (match === null) return undefined
  const [whole, provider = '', deploymentId = '', upstreamId = '', signature = ''] = match
  const plain = whole.slice(0, whole.lastIndexOf(';sig:'))
  return signer.equal(signature, signer.sign(`${owner}\n${plain}`)) ? { provider, deploymentId, upstreamId } : undefined
}
