import { request } from 'undici'

export interface JsonAnswer {
  readonly status: number
  readonly text: string
}

/** One call of a gateway by its operator, who names it. Redirects are not followed. */
export async function postJson(
  url: string,
  { credential, body, timeoutMs }: { readonly credential: string; readonly body: object; readonly timeoutMs: number },
): Promise<JsonAnswer> {
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: statusCode, text: await answer.text() }
}
