import type { Verdict } from '../../jwt/support/asks.ts'
import { read } from '../../jwt/support/asks.ts'
import type { Town } from '../../jwt/support/town.ts'
import type { ExplainAsk } from './explain-of.ts'

/** What a call of a model cannot do without. */
const SUBJECTS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'Hello' }] },
  '/v1/embeddings': { input: 'Hello' },
  '/v1/images/generations': { prompt: 'Hello' },
  '/v1/completions': { prompt: 'Hello' },
  '/v1/responses': { input: 'Hello' },
}

/** The call that was asked about, as its caller makes it. */
export async function callAsAsked(town: Town, ask: ExplainAsk, credential: string): Promise<Verdict> {
  const { route, method = 'POST', headers = {}, model, body } = ask
  const subject = SUBJECTS[route]
  const sent = subject === undefined ? body : { ...subject, ...body, ...(model === undefined ? {} : { model }) }
  return read(
    await town.holder(credential).ask({ path: route, method, headers, ...(sent === undefined ? {} : { body: sent }) }),
  )
}

/** A token that says what is asked about, and nothing that is not said by every token of the provider. */
export function tokenOf({ idp }: Town, { claims, issuer }: ExplainAsk): string | undefined {
  if (claims === undefined) return undefined
  return idp.token({ sub: undefined, ...claims, iss: issuer })
}
