import type { FastifyReply, FastifyRequest } from 'fastify'
import { isManagementWrite } from '../domain/access-table.ts'
import type { Denied } from '../domain/decision.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Principal } from '../domain/principal.ts'
import type { RouteFacts } from '../journey/1-intake/arrival.ts'
import { MANAGEMENT_BOUNDS, parseBody } from '../journey/1-intake/parse-body.ts'
import { attemptOf } from './attempt-of.ts'
import { originOf } from './origin.ts'
import type { Digests } from '../ports/digests.ts'
import type { Refusals } from '../ports/refusals.ts'
import type { ClientAddresses } from './wire/client-address.ts'
import type { BodyBudget } from './wire/body-budget.ts'
import { readBody } from './wire/read-body.ts'

interface RefusalEdge {
  readonly journey: { readonly credentials: { readonly digests: Digests } }
  readonly bodies: BodyBudget
  readonly addresses: ClientAddresses
  readonly limits: { readonly managementBytes: number }
  readonly refusals: Refusals
}

interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * a change that ends at its route, as its caller may not make any of the kind, is put on record. The body is read for
 * the name of the object alone.
 */
export async function tellRefusal(
  denied: Denied & { readonly caller?: Principal },
  route: RouteFacts,
  { request, reply }: Asked,
  edge: RefusalEdge,
): Promise<void> {
  const { caller, because } = denied
  if (caller === undefined || !isManagementWrite(route.row)) return
  const said = { params: request.params, body: await readSaid({ request: request.raw, response: reply.raw }, edge) }
  await edge.refusals.tell({
    origin: originOf({ principal: caller, route, request, clientAddress: edge.addresses.of(request.raw) }),
    about: attemptOf(request.method, route.path, said, edge.journey.credentials.digests),
    reason: because,
  })
}

async function readSaid(exchange: Parameters<typeof readBody>[0], { limits, bodies }: RefusalEdge): Promise<JsonValue> {
  const body = await readBody(exchange, limits.managementBytes, bodies).catch(() => undefined)
  const parsed = body?.verdict === 'allow' ? parseBody(body.granted, MANAGEMENT_BOUNDS) : undefined
  return parsed?.verdict === 'allow' ? parsed.granted.value : null
}
