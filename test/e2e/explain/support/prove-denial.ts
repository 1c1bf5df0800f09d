import { expect } from 'vitest'
import { newKey } from '../../jwt/support/people.ts'
import type { Town } from '../../jwt/support/town.ts'
import { callAsAsked, tokenOf } from './call-as-asked.ts'
import { carryOut, settingsIn } from './carry-out.ts'
import type { ChangedTowns } from './changed-town.ts'
import type { Denial } from './denial.ts'
import { explainOf } from './explain-of.ts'
import type { Explained, ExplainAsk } from './explain-of.ts'

/**
 * Refused in life as it is explained, by step, reason, status and sentence; and let pass in life and in the explanation,
 * once somebody did what the explanation says.
 */
export async function proveDenial(town: Town, towns: ChangedTowns, denial: Denial): Promise<void> {
  const { ask, step, reason } = denial
  const explained = await explainOf(town, ask)
  expect(explained, JSON.stringify(ask)).toMatchObject({ verdict: 'deny', reason })
  expect(explained.steps.at(-1)).toMatchObject({ step, outcome: 'deny', reason })
  expect(explained.steps.slice(0, -1).filter(({ outcome }) => outcome === 'deny')).toEqual([])

  const presented = denial.holder ?? ask.token ?? tokenOf(town, ask)
  if (presented !== undefined) {
    expectSame(await callAsAsked(town, ask, presented), explained)
    if (ask.claims !== undefined) await expectSameOfToken(town, ask, presented, explained)
  }
  if (denial.instead !== undefined) {
    expect(explained.change).toBeNull()
    expect(explained.advice).not.toMatch(/^(Nothing was found|$)/)
    return expectPasses(town, { ...ask, token: denial.instead }, denial.instead)
  }

  const { change, advice } = explained
  expect(change, advice ?? '').not.toBeNull()
  const steps = change?.steps ?? []
  const changed = await carryOut(town, ask, steps)
  const settings = settingsIn(steps)
  const place = settings.length === 0 ? town : await towns.with(settings)
  await expectPasses(place, changed, denial.holder ?? tokenOf(town, changed) ?? (await personalKey(town, changed)))
}

function expectSame(refused: Awaited<ReturnType<typeof callAsAsked>>, explained: Explained): void {
  const { status, reason, message } = refused
  expect({ status, reason, message: withoutNow(message) }).toEqual({
    status: explained.status,
    reason: explained.reason,
    message: withoutNow(explained.message),
  })
}

function withoutNow(message: string): string {
  return message.replace(/(?: and current time |Limit resets at: ).+$/, '')
}

/** A token that says the same is explained the same way. */
async function expectSameOfToken(town: Town, ask: ExplainAsk, token: string, explained: Explained): Promise<void> {
  const { claims: _, issuer: __, ...call } = ask
  const { reason, status, steps } = await explainOf(town, { ...call, token })
  expect({ reason, status, step: steps.at(-1)?.step }).toEqual({
    reason: explained.reason,
    status: explained.status,
    step: explained.steps.at(-1)?.step,
  })
}

async function expectPasses(town: Town, ask: ExplainAsk, credential: string): Promise<void> {
  const explained = await explainOf(town, ask)
  expect(explained, JSON.stringify({ ask, last: explained.steps.at(-1) })).toMatchObject({
    verdict: 'allow',
    reason: null,
    change: null,
    advice: null,
  })
  const { status, answer } = await callAsAsked(town, ask, credential)
  expect(status, answer.text).toBe(200)
}

function personalKey(town: Town, { user_id, team_id }: ExplainAsk): Promise<string> {
  return newKey(town, { user_id, ...(team_id === undefined ? {} : { team_id }) })
}
