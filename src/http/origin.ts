import type { FastifyRequest } from 'fastify'
import type { AuditOrigin } from '../domain/audit-record.ts'
import { actorName, keyOf, roleOf } from '../domain/principal.ts'
import type { Principal } from '../domain/principal.ts'
import { printable } from '../domain/shown-text.ts'
import type { RouteFacts } from '../journey/1-intake/arrival.ts'

const LONGEST_ACTOR = 255

interface Asked {
  readonly principal: Principal
  readonly route: RouteFacts
  readonly request: Pick<FastifyRequest, 'headers' | 'callId'>
  readonly clientAddress: string | undefined
}

/** What the audit log will say about who asked. */
export function originOf({ principal, route, request, clientAddress }: Asked): AuditOrigin {
  const said = request.headers['litellm-changed-by']
  const onBehalfOf = typeof said === 'string' ? printable(said).slice(0, LONGEST_ACTOR) : ''
  return {
    actor: actorName(principal),
    actorRole: principal.kind === 'master' ? 'master' : roleOf(principal),
    actorKey: keyOf(principal)?.digest,
    onBehalfOf: onBehalfOf === '' ? undefined : onBehalfOf,
    clientAddress,
    requestId: request.callId,
    route: route.path,
  }
}
