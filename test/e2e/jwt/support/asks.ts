import { expect } from 'vitest'
import type { Json } from '../../authority/support/caller.ts'
import { good, goodList } from '../../authority/support/caller.ts'
import type { Answer, Ask } from '../../hostile/support/stand.ts'
import { CHAT, chatBody, valueAt } from '../../hostile/support/stand.ts'
import type { Town } from './town.ts'
import { eventually } from './town.ts'

/** What a caller is told, and the reason that these gateways expose. */
export interface Verdict {
  readonly status: number
  readonly message: string
  readonly type: unknown
  readonly param: unknown
  readonly code: unknown
  readonly reason: string | undefined
  readonly answer: Answer
}

export interface ChatAsk {
  readonly model?: string
  /** `x-litellm-team-id`. */
  readonly team?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  readonly path?: string
}

type Place = Pick<Town, 'holder'>

/** Asks the same twice, cold and warm, which has to be decided the same. What it says is of the second time. */
export async function ask(town: Place, credential: string, wanted: Ask): Promise<Verdict> {
  const cold = read(await town.holder(credential).ask(wanted))
  const warm = read(await town.holder(credential).ask(wanted))
  expect(pick(warm), 'warm as cold').toEqual(pick(cold))
  return warm
}

export function chat(town: Place, credential: string, wanted: ChatAsk = {}): Promise<Verdict> {
  return ask(town, credential, chatAsk(wanted))
}

export function chatAsk({ model = 'm1', team, headers = {}, body = {}, path = CHAT }: ChatAsk = {}): Ask {
  return {
    path,
    headers: { ...(team === undefined ? {} : { 'x-litellm-team-id': team }), ...headers },
    body: chatBody(model, { max_tokens: 8, ...body }),
  }
}

/** Asked once, for what is counted. */
export async function chatOnce(town: Place, credential: string, wanted: ChatAsk = {}): Promise<Verdict> {
  return read(await town.holder(credential).ask(chatAsk(wanted)))
}

export function read(answer: Answer): Verdict {
  const error = valueAt(parse(answer.text), ['error'])
  const message = valueAt(error, ['message'])
  return {
    status: answer.status,
    message: typeof message === 'string' ? message : '',
    type: valueAt(error, ['type']),
    param: valueAt(error, ['param']),
    code: valueAt(error, ['code']),
    reason: reasonOf(answer),
    answer,
  }
}

export function reasonOf({ headers }: Answer): string | undefined {
  const reason = headers['x-reject-reason']
  return typeof reason === 'string' ? reason : undefined
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const pick = ({ status, message, reason }: Verdict): object => ({ status, message, reason })

/** On whose account a call was. */
export interface Account {
  readonly user: string | undefined
  readonly team: string | undefined
  readonly organization: string | undefined
  readonly endUser: string | undefined
  readonly line: Json
}

/** The ledger's line of a chat that was served. */
export async function accountOf(town: Pick<Town, 'master'>, verdict: Verdict): Promise<Account> {
  if (verdict.status !== 200) throw new Error(`expected 200, got ${verdict.status}: ${verdict.answer.text}`)
  const id = String(valueAt(parse(verdict.answer.text), ['id']))
  const line = await eventually(async () => {
    const [first] = goodList(await town.master.get(`/spend/logs?request_id=${encodeURIComponent(id)}`))
    if (first === undefined) throw new Error(`no line of ${id}`)
    return first
  })
  const text = (name: string): string | undefined => {
    const value = line[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return {
    user: text('user'),
    team: text('team_id'),
    organization: text('organization_id'),
    endUser: text('end_user'),
    line,
  }
}

/** The row of a user as the master key sees it; undefined where there is none. */
export async function userRow(town: Pick<Town, 'master'>, id: string): Promise<Json | undefined> {
  const answer = await town.master.get(`/user/info?user_id=${encodeURIComponent(id)}`)
  if (answer.status === 404) return undefined
  const info = valueAt(good(answer), ['user_info'])
  return typeof info === 'object' && info !== null ? (info as Json) : undefined
}

/** The ids of all users. */
export async function userIds(town: Pick<Town, 'master'>): Promise<readonly string[]> {
  const ids: string[] = []
  for (let page = 1; ; page += 1) {
    const listed = good(await town.master.get(`/user/list?page=${page}&page_size=100`))
    const users = listed['users']
    if (!Array.isArray(users)) throw new Error(`no users in ${JSON.stringify(listed).slice(0, 300)}`)
    ids.push(...users.map((user: unknown) => String(valueAt(user, ['user_id']))))
    if (users.length < 100) return ids
  }
}

/** Who is a member of a team, by id. */
export async function rosterOf(town: Pick<Town, 'master'>, team: string): Promise<readonly string[]> {
  const info = good(await town.master.get(`/team/info?team_id=${encodeURIComponent(team)}`))
  const members = valueAt(info, ['team_info', 'members_with_roles'])
  if (!Array.isArray(members)) throw new Error(`no roster in ${JSON.stringify(info).slice(0, 300)}`)
  return members.map((member: unknown) => String(valueAt(member, ['user_id'])))
}
