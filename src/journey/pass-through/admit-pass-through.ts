import { allow, deny } from '../../domain/decision.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { Decision } from '../../domain/decision.ts'
import { PASS_THROUGH_ROW } from '../../domain/access-table.ts'
import type { JsonObject } from '../../domain/json.ts'
import { LONGEST_MODEL_NAME } from '../../domain/model-names.ts'
import type { ProblemCode } from '../../domain/problem.ts'
import type { PassedArrival, RouteFacts } from '../1-intake/arrival.ts'
import { HOPS_HEADER, decideLoop } from '../1-intake/decide-loop.ts'
import { namedModels } from '../1-intake/named-models.ts'
import { readPassedPath } from '../1-intake/pass-through-path.ts'
import type { PassedPath } from '../1-intake/pass-through-path.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { passedOperation } from '../1-intake/passed-operation.ts'
import { readPassedBody } from '../1-intake/read-passed-body.ts'
import { readPassedRequest } from '../1-intake/read-passed-request.ts'
import { NO_SPECIAL_FALLBACKS } from '../1-intake/read-fallbacks.ts'
import { presentedTexts } from '../2-authenticate/find-credential.ts'
import { decideEnforcedParams } from '../4-authorise/decide-enforced-params.ts'
import { decidePassedModels } from '../4-authorise/decide-passed-models.ts'
import { decidePassedTools } from '../4-authorise/decide-passed-tools.ts'
import type { CallBudget } from '../5-meter/call-budget.ts'
import { upstreamPath } from '../7-provider/pass-through/write-pass-through-call.ts'
import type { Admission } from '../admission.ts'
import { withClaimedCustomer } from '../customer-of.ts'
import { decideCall } from '../decide-call.ts'
import type { CallDeciders } from '../decide-call.ts'
import { holdCall, provisionCall } from '../hold-call.ts'
import type { BudgetCheck } from '../hold-call.ts'
import { chooseWithCare, identify, makingNothing } from '../identify.ts'
import { TEAM_HEADER } from '../tokens/identify-token.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { passedDeployment } from '../7-provider/pass-through/passed-deployment.ts'
import { bodyToPass } from '../7-provider/pass-through/body-to-pass.ts'

/** What `admitPassThrough` lets through. Only such a value can be relayed. */
export interface PassedAdmission extends Admission {
  readonly rest: string
  readonly body: Uint8Array | undefined
  /** Its destination, as the books know destinations. */
  readonly deployment: Deployment
}

/** Where a call is meant for, before anybody is asked who calls: the route that deciders look at. */
export function readPassedRoute({
  path,
  passThrough,
}: Pick<PassedArrival, 'path' | 'passThrough'>): Decision<PassedPath & { readonly route: RouteFacts }> {
  const passed = readPassedPath(path, passThrough.path)
  if (passed.verdict === 'deny') return passed
  return allow({ ...passed.granted, route: { path: passed.granted.path, row: PASS_THROUGH_ROW, passThrough } })
}

/** The journey of `admit`, in the same order, for a call whose body is not ours to understand. */
export async function admitPassThrough(
  arrival: PassedArrival,
  { rest, route }: { readonly rest: string; readonly route: RouteFacts },
  ports: JourneyPorts,
): Promise<Decision<PassedAdmission>> {
  const { headers, passThrough, method } = arrival
  const { clientAddress, callId, hasStrayCredential = () => false } = arrival
  const caller = { headers, route, clientAddress, callId, hasStrayCredential }
  const identity = await identify(caller, ports)
  if (identity.verdict === 'deny') return identity

  const presented = presentedTexts(headers, ports.settings.keyHeader, passThrough.credential)
  if (presented.some((text) => rest.includes(text)))
    return deny('bad-request', 'http_body', 'The path holds the credential of the call, which does not go on.')

  const hops = decideLoop(headers.get(HOPS_HEADER), ports.installation)
  if (hops.verdict === 'deny') return hops

  const bytes = await arrival.readBytes()
  if (bytes.verdict === 'deny') return bytes
  const read = await readPassedBody(bytes.granted, headers.get('content-type') ?? '', ports.nextTurn)
  if (read.verdict === 'deny') return read
  const { parsed } = read.granted

  const there = upstreamPath(passThrough, rest)
  const operation = passedOperation(method, there, route.path)
  const models = namedModels(there, arrival.query, parsed?.value)
  if (models.some((name) => name.length > LONGEST_MODEL_NAME))
    return deny('bad-request', 'param_type', '`model` must be the name of a model.')
  const written = parsed?.value['model']
  const named = typeof written === 'string' && written !== '' ? written : models[0]
  const intake = readPassedRequest(operation, named, parsed, headers, ports.settings.intake.attribution)
  if (intake.verdict === 'deny') return intake

  const chosen = await chooseWithCare(identity, named, caller, ports)
  if (chosen.verdict === 'deny') return chosen
  const principal = chosen.granted
  const ask = withClaimedCustomer(intake.granted, principal)

  const isHidden = read.granted.bytes !== undefined && parsed === undefined
  const decided = await decideCall(principal, { ask, names: models, isHidden, body: parsed?.value }, DECIDERS, ports)
  if (decided.verdict === 'deny') return decided
  const { endUser, continues } = decided.granted

  const deployment = passedDeployment(passThrough, { operation, method, upstreamPath: there, model: named })
  const group = named ?? passThrough.path
  const model = { group, names: models, others: models, deployments: [deployment], star: undefined }
  const at = ports.clock.now()
  const metered = { principal, endUser, ask, model, at }
  const overspent = ports.meter.settings.budgetRefusesAs400 ? 'budget-exceeded-400' : 'budget-exceeded'
  const check: BudgetCheck = (budget) => decideBound(budget, deployment.id, overspent)
  if (chosen.effects.length > 0) {
    const made = await provisionCall(chosen.effects, metered, caller, ports, check)
    if (made.verdict === 'deny') return made
    if (made.granted === 'made')
      return admitPassThrough({ ...arrival, readBytes: async () => bytes }, { rest, route }, makingNothing(ports))
  }
  const held = await holdCall(metered, ports, check)
  if (held.verdict === 'deny') return held

  return allow({
    principal,
    ask,
    route,
    model,
    continues,
    fallbacks: [],
    specialFallbacks: NO_SPECIAL_FALLBACKS,
    endUser,
    hops: hops.granted,
    budget: held.granted.budget,
    rates: held.granted.rates,
    callId: arrival.callId,
    clientAddress: arrival.clientAddress,
    teamHeader: headers.get(TEAM_HEADER),
    admittedAt: at,
    rest,
    deployment,
    body: bodyToPass(read.granted),
  })
}

/** A call that is passed on, as far as it can be read. */
interface PassedCall {
  readonly ask: ModelAsk
  /** Every model that it names. */
  readonly names: readonly string[]
  /** There is a body, and nobody here can read it. */
  readonly isHidden: boolean
  readonly body: JsonObject | undefined
}

const DECIDERS: CallDeciders<PassedCall, undefined> = {
  // A call that asks for nothing of a model has nothing to carry.
  params: (principal, { ask }, { settings }) =>
    ask.operation.reportsUsage ? decideEnforcedParams(principal, ask.body, settings.enforcedParams) : NOTHING,
  models: (principal, call, { catalogue }) => decidePassedModels(principal, call, catalogue()),
  tools: (principal, { body, isHidden }) => decidePassedTools(principal, body, isHidden),
  // They are among the names.
  toolModels: () => NOTHING,
  // What is stored at a provider is open to whom its prefix is open to.
  objects: () => NOTHING,
}

const NOTHING = allow(undefined)

/** Z-35: what a call may cost is bounded by what it says itself, because nobody here writes into it. */
async function decideBound(
  budget: CallBudget | undefined,
  deploymentId: Parameters<CallBudget['allowance']>[0],
  overspent: ProblemCode,
): Promise<Decision<undefined>> {
  const allowance = budget?.allowance(deploymentId)
  if (allowance === undefined || !allowance.mustBeWritten) return allow(undefined)
  await budget?.release()
  return allowance.isShort
    ? deny(
        overspent,
        'budget_exceeded',
        `Budget has been exceeded! What is left pays for ${allowance.tokens} tokens of an answer, and this call may write more. Ask for fewer.`,
      )
    : deny(
        'param-missing',
        'param_missing',
        'This caller has a budget, and nothing says how long the answer may get. Say it, with `max_tokens` or its like.',
      )
}
