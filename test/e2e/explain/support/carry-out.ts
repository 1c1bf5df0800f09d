import type { Json } from '../../authority/support/caller.ts'
import { good } from '../../authority/support/caller.ts'
import type { Town } from '../../jwt/support/town.ts'
import type { ChangeStep, ExplainAsk, SettingStep } from './explain-of.ts'

/** Does what an explanation says, except to settings; and asks as it says. */
export async function carryOut(
  { master }: Pick<Town, 'master'>,
  ask: ExplainAsk,
  steps: readonly ChangeStep[],
): Promise<ExplainAsk> {
  let changed = ask
  for (const step of steps) {
    if ('api' in step) good(await master.ask(step.api))
    else if ('claim' in step) changed = { ...changed, claims: withClaim(changed.claims ?? {}, step.claim, step.value) }
    else if ('request' in step) changed = withRequest(changed, step.request)
  }
  return changed
}

export function settingsIn(steps: readonly ChangeStep[]): readonly SettingStep[] {
  return steps.filter((step) => 'setting' in step)
}

/** Dots lead into objects, but for escaped ones; `null` takes the claim away. */
function withClaim(claims: Json, name: string, value: unknown): Json {
  const [first = '', ...rest] = name.split(/(?<!\\)\./)
  const member = first.replaceAll('\\.', '.')
  const { [member]: before, ...others } = claims
  if (rest.length > 0) return { ...others, [member]: withClaim(membersOf(before), rest.join('.'), value) }
  return value === null ? others : { ...others, [member]: value }
}

function membersOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

type Request = Extract<ChangeStep, { request: unknown }>['request']

/** `null` leaves a header or a member out. */
function withRequest(ask: ExplainAsk, { headers = {}, body = {} }: Request): ExplainAsk {
  const sent = Object.entries({ ...ask.headers, ...headers }).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  )
  const { model, ...members } = body
  const all = Object.entries({ ...ask.body, ...members }).filter(([, value]) => value !== null)
  return {
    ...ask,
    headers: Object.fromEntries(sent),
    ...(typeof model === 'string' ? { model } : {}),
    ...(ask.body === undefined && all.length === 0 ? {} : { body: Object.fromEntries(all) }),
  }
}
