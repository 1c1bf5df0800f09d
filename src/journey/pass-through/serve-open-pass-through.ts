import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Load } from '../../ports/load.ts'
import type { Reply } from '../../ports/reply.ts'
import type { PassedArrival, RouteFacts } from '../1-intake/arrival.ts'
import { HOPS_HEADER, decideLoop } from '../1-intake/decide-loop.ts'
import { readPassedBody } from '../1-intake/read-passed-body.ts'
import { covers, decideServed } from '../4-authorise/decide-route.ts'
import { AnswerTally } from '../7-provider/pass-through/answer-tally.ts'
import { secretTexts } from '../7-provider/pass-through/write-pass-through-call.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { bodyToPass } from '../7-provider/pass-through/body-to-pass.ts'
import { relay } from '../serving/relay.ts'
import { COMPATIBLE_VERSION, addPassedHeaders } from '../serving/reply-headers.ts'
import { failureText } from '../serving/reply-failure.ts'
import type { HeaderList } from '../serving/reply-headers.ts'
import { callFor } from './serve-pass-through.ts'
import type { PassPorts } from './serve-pass-through.ts'

/**
 * `auth: false`: nobody is asked who they are, nothing is recorded about anybody, and nobody pays. What a stranger sends
 * obeys the same limits, and no credential of theirs goes along.
 */
export async function serveOpenPassThrough(
  arrival: PassedArrival,
  { rest, route }: { readonly rest: string; readonly route: RouteFacts },
  reply: Reply,
  load: Load,
  journey: Pick<JourneyPorts, 'installation' | 'nextTurn' | 'settings'>,
  ports: PassPorts,
): Promise<Decision<undefined>> {
  const { served, adminOnly } = journey.settings.routes
  const lets = decideServed(route, { served })
  if (lets.verdict === 'deny') return lets
  if (adminOnly.some((entry) => covers(entry, route.path))) return deny('route-denied', 'authz_route')
  if (load.isHigh()) return deny('overloaded', 'load_shed')
  const hops = decideLoop(arrival.headers.get(HOPS_HEADER), journey.installation)
  if (hops.verdict === 'deny') return hops
  const bytes = await arrival.readBytes()
  if (bytes.verdict === 'deny') return bytes
  const body = await readPassedBody(bytes.granted, arrival.headers.get('content-type') ?? '', journey.nextTurn)
  if (body.verdict === 'deny') return body

  const secrets = secretTexts(arrival.passThrough)
  const open = (status: number, answer: Parameters<typeof addPassedHeaders>[1]): void => {
    const shown: HeaderList = ['x-litellm-call-id', arrival.callId, 'x-litellm-version', COMPATIBLE_VERSION]
    addPassedHeaders(shown, answer, secrets)
    reply.head(status, shown)
  }
  const end = await relay(
    callFor(arrival, rest, bodyToPass(body.granted), [HOPS_HEADER, hops.granted], ports),
    { secrets, totalMs: ports.maxStreamMs, reply, tally: new AnswerTally(0), open, watch: () => () => undefined },
    ports,
  )
  if (end.kind === 'whole') {
    if (end.firstByteAt === undefined) open(end.status, end.headers)
    reply.end(end.rest)
  } else if (end.kind === 'broken') {
    if (end.firstByteAt !== undefined) reply.cut()
    else {
      reply.head(end.failure.status, ['x-litellm-call-id', arrival.callId, 'content-type', 'application/json'])
      reply.end(failureText(end.failure))
    }
  }
  return allow(undefined)
}
