import { request } from 'undici'

export interface JsonAnswer {
  readonly status: number
  readonly text: string
}

export interface JsonPost {
  readonly credential: string
  /** In which header the gateway looks for it. */
  readonly header: string
  readonly body: object
  readonly timeoutMs: number
}

/** One call of a gateway by its operator, who names it. Redirects are not followed. */
export async function postJson(url: string, { credential, header, body, timeoutMs }: JsonPost): Promise<JsonAnswer> {
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    headers: { [header]: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: statusCode, text: await answer.text() }
}
