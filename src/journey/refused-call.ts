import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { CallId } from '../domain/ids.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import { NO_MONEY } from '../domain/money.ts'
import { NOBODY } from '../domain/principal.ts'
import type { Principal } from '../domain/principal.ts'
import { NO_USAGE } from '../domain/usage.ts'
import type { Chance } from '../ports/chance.ts'
import type { Clock } from '../ports/clock.ts'
import type { Operation } from './1-intake/operations.ts'
import type { ModelAsk } from './1-intake/read-model-request.ts'
import { resolvePrincipal } from './3-identify/resolve-principal.ts'
import type { Owners } from './3-identify/resolve-principal.ts'
import { resolveFor } from './4-authorise/decide-model-access.ts'
import { callTags } from './5-meter/call-tags.ts'
import type { UnmetCaller } from './tokens/identify-token.ts'
import { whoseLine } from './whose-line.ts'

/** A call that is not made, and as much as was known of it when that was decided. */
export interface RefusedCall extends UnmetCaller {
  readonly ask?: ModelAsk
}

export interface RefusalFacts {
  readonly operation: Operation
  readonly callId: CallId
  readonly status: number
  readonly clientAddress: string | undefined
}

/**
 * Whose call it would have been. Undefined: nobody's who is known. Nobody has asked so far to whom a key belongs that opens
 * nothing any more; that a store does not tell makes the line no poorer than it has to be.
 */
export function payerOf({ payer, lapsed }: RefusedCall, directory: Owners): Principal | undefined | Promise<Principal> {
  if (payer !== undefined || lapsed === undefined) return payer
  const resolved = resolvePrincipal({ kind: 'virtual-key', key: lapsed }, directory)
  if (!(resolved instanceof Promise)) return resolved
  return resolved.catch(() => ({ kind: 'virtual-key', key: lapsed, standing: NOBODY, bearer: undefined }))
}

/** Its own tags and customers would be names that a caller makes at no cost, and everybody is shown; so would models that there are not. */
const NO_WORDS = { attribution: { tags: [] } }

interface RefusalPorts {
  readonly chance: Chance
  readonly clock: Clock
  readonly catalogue: () => ModelCatalogue
}

/** gateway-api 8.1: the line of a call that was refused to somebody who is known. It costs nothing. */
export function writeRefusal(
  { problem, ask }: RefusedCall,
  payer: Principal,
  { operation, callId, status, clientAddress }: RefusalFacts,
  { chance, clock, catalogue }: RefusalPorts,
): LedgerEntry {
  const now = clock.now()
  const isModel = ask !== undefined && resolveFor(payer, ask.model, catalogue()) !== undefined
  return {
    entryId: chance.entryId(),
    requestId: callId,
    callId,
    callType: operation.callType,
    ...whoseLine(payer),
    endUserId: undefined,
    amount: NO_MONEY,
    pricing: 'not-charged',
    usage: NO_USAGE,
    usageFrom: 'none',
    status: 'failure',
    cutShort: false,
    startedAt: now,
    firstByteAt: undefined,
    endedAt: now,
    modelGroup: isModel ? ask.model : '',
    upstreamModel: '',
    deploymentId: undefined,
    provider: '',
    httpStatus: status,
    errorClass: problem,
    retries: 0,
    tags: callTags(payer, NO_WORDS),
    sessionId: ask?.attribution.sessionId,
    clientAddress,
    callerMetadata: ask?.attribution.metadata ?? {},
  }
}
