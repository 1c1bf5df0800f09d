import type { Deployment } from '../../domain/deployment.ts'
import type { Upstream, UpstreamCall } from '../../ports/upstream.ts'
import type { Chance, Timers } from '../../ports/chance.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RouterPolicy } from '../../domain/router-policy.ts'
import { HOPS_HEADER } from '../1-intake/decide-loop.ts'
import { CannedUpstream } from './canned-upstream.ts'
import { limitOutput } from '../5-meter/bound-output.ts'
import { credentialTexts } from '../7-provider/credential-texts.ts'
import { writeModelCall } from '../7-provider/openai/write-request.ts'
import type { MockUsage } from '../7-provider/demo/write-answer.ts'
import type { Admission } from '../admission.ts'
import { timeoutOf } from './timeout-of.ts'

export interface PreparedCall {
  readonly call: UpstreamCall
  readonly upstream: Upstream
  /** Values that must not come back in any text. */
  readonly secrets: readonly string[]
  readonly totalMs: number
}

interface Preparation {
  readonly admission: Admission
  readonly deployment: Deployment
  readonly upstreamModel: string
  readonly ports: {
    readonly upstream: Upstream
    readonly chance: Pick<Chance, 'entryId'>
    readonly timers: Timers
    readonly clock: Clock
    readonly policy: RouterPolicy
    readonly mockUsage: MockUsage
  }
}

const IDLE_MS = 120_000

export function prepareCall({ admission, deployment, upstreamModel, ports }: Preparation): PreparedCall {
  const ask = withinBudget(withUpstreamIds(admission), admission, deployment, upstreamModel)
  const totalMs = timeoutOf(ask, deployment, ports.policy)

  const canned = ask.controls.mockResponse
  if (deployment.target.kind === 'canned' || canned !== undefined) {
    const reply = canned ?? (deployment.target.kind === 'canned' ? deployment.target.reply : undefined)
    return { call: NOWHERE, upstream: new CannedUpstream(ask, upstreamModel, reply, ports), secrets: [], totalMs }
  }
  const call = writeModelCall(deployment, deployment.target, upstreamModel, ask, {
    headMs: totalMs,
    // A stream may last longer than its timeout, but not stand still for longer.
    idleMs: ask.stream ? Math.min(totalMs, IDLE_MS) : totalMs,
  })
  const ownHeaders = [HOPS_HEADER, admission.hops]
  return { call: { ...call, ownHeaders }, upstream: ports.upstream, secrets: secretsOf(call), totalMs }
}

/** A canned answer goes nowhere; the call only carries it through the same path as any other. */
const NOWHERE: UpstreamCall = {
  host: 'from-our-config',
  origin: '',
  method: 'POST',
  path: '',
  headers: {},
  secretHeaders: new Map(),
  body: undefined,
  headTimeoutMs: 0,
  idleTimeoutMs: 0,
}

const revealed = new WeakMap<UpstreamCall['secretHeaders'], readonly string[]>()

export function secretsOf(call: UpstreamCall): readonly string[] {
  const known = revealed.get(call.secretHeaders)
  if (known !== undefined) return known
  const plain = [...call.secretHeaders.values()].flatMap((secret) => credentialTexts(secret.reveal()))
  const values = plain.flatMap(spellings)
  revealed.set(call.secretHeaders, values)
  return values
}

/** The upstream knows the response that this one goes on from by its own id. */
function withUpstreamIds({ ask, continues }: Admission): Admission['ask'] {
  if (continues === undefined) return ask
  const text = `"previous_response_id":${JSON.stringify(continues.upstreamId)}`
  return {
    ...ask,
    forwarded: ask.forwarded.map((member) => (member.name === 'previous_response_id' ? { ...member, text } : member)),
  }
}

/** A call that falls under budgets may write no more than they have left. */
function withinBudget(
  ask: Admission['ask'],
  { budget }: Admission,
  deployment: Deployment,
  upstreamModel: string,
): Admission['ask'] {
  const allowance = budget?.allowance(deployment.id)
  if (allowance === undefined || !allowance.mustBeWritten) return ask
  return { ...ask, forwarded: limitOutput(ask, deployment, upstreamModel, allowance.tokens) }
}

/** A secret is one in every coding that a text may carry it in. */
function spellings(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret)
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, '')
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const base64url = base64.replaceAll('+', '-').replaceAll('/', '_')
  return [...new Set([secret, base64, base64url, hex, hex.toUpperCase(), encodeURIComponent(secret)])]
}
