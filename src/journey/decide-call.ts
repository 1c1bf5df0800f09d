import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import type { EndUser } from '../domain/end-user.ts'
import type { Principal } from '../domain/principal.ts'
import type { ModelAsk } from './1-intake/read-model-request.ts'
import { decideEndUser } from './4-authorise/decide-end-user.ts'
import type { StoredResponse } from './4-authorise/response-ids.ts'
import { findEndUser } from './customer-of.ts'
import type { JourneyPorts } from './journey-ports.ts'

/** As much of a call as everybody reads alike; each kind of call has more. */
interface AnyCall {
  readonly ask: ModelAsk
}

type Decider<Call extends AnyCall, Granted> = (
  principal: Principal,
  call: Call,
  ports: JourneyPorts,
) => Decision<Granted>

/** What is asked about every call, whatever its body is. Each kind of call has to answer all of it: a rule that comes here is kept by all. */
export interface CallDeciders<Call extends AnyCall, Models> {
  /** What it must carry. */
  readonly params: Decider<Call, unknown>
  /** The models that it names, and where they lead. */
  readonly models: Decider<Call, Models>
  /** The tools that it offers. */
  readonly tools: Decider<Call, unknown>
  /** The models that these tools name. */
  readonly toolModels: Decider<Call, unknown>
  /** The stored objects that it goes on from. */
  readonly objects: Decider<Call, StoredResponse | undefined>
}

export interface DecidedCall<Models> {
  readonly endUser: EndUser | undefined
  readonly models: Models
  readonly continues: StoredResponse | undefined
}

type Decided<Models> = Decision<DecidedCall<Models>>

/** May this caller make this call? The order of these lines is the security model. Without a promise where all is known. */
export function decideCall<Call extends AnyCall, Models>(
  principal: Principal,
  call: Call,
  deciders: CallDeciders<Call, Models>,
  ports: JourneyPorts,
): Decided<Models> | Promise<Decided<Models>> {
  const params = deciders.params(principal, call, ports)
  ports.trail?.note('enforced-params', params)
  if (params.verdict === 'deny') return params
  const named = findEndUser(call.ask, ports)
  return named instanceof Promise
    ? named.then((endUser) => decideFor(endUser, principal, call, deciders, ports))
    : decideFor(named, principal, call, deciders, ports)
}

function decideFor<Call extends AnyCall, Models>(
  endUser: EndUser | undefined,
  principal: Principal,
  call: Call,
  deciders: CallDeciders<Call, Models>,
  ports: JourneyPorts,
): Decided<Models> {
  const served = decideEndUser(endUser)
  ports.trail?.note('end-user', served, { end_user: call.ask.attribution.endUserId ?? null })
  if (served.verdict === 'deny') return served

  const models = deciders.models(principal, call, ports)
  if (models.verdict === 'deny') return models

  const tools = deciders.tools(principal, call, ports)
  if (tools.verdict === 'deny') {
    ports.trail?.note('tools', tools)
    return tools
  }

  const toolModels = deciders.toolModels(principal, call, ports)
  if (toolModels.verdict === 'deny') {
    ports.trail?.note('model', toolModels)
    return toolModels
  }

  const objects = deciders.objects(principal, call, ports)
  if (objects.verdict === 'deny') return objects
  return allow({ endUser, models: models.granted, continues: objects.granted })
}
