import { createHash, randomBytes } from 'node:crypto'

export interface SignedIn {
  readonly code: string
  readonly verifier: string
}

const MOST_STEPS = 12

/** A browser in which somebody logs in and agrees to everything, with PKCE (RFC 7636). */
export async function signIn(
  endpoint: string,
  asked: Readonly<Record<string, string>>,
  login: string,
): Promise<SignedIn> {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('hex')
  const browser = new Browser()
  const question = new URLSearchParams({
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
    ...asked,
  })
  const redirect = asked['redirect_uri'] ?? ''
  let page = await browser.open(`${endpoint}?${question.toString()}`, redirect)
  for (let step = 0; 'form' in page; step += 1) {
    if (step === MOST_STEPS) throw new Error(`no end of forms: ${page.form}`)
    page = await browser.submit(page, login, redirect)
  }
  const answer = new URL(page.back).searchParams
  const code = answer.get('code')
  if (code === null || answer.get('state') !== state) throw new Error(`no code: ${page.back}`)
  return { code, verifier }
}

type Page = { readonly form: string; readonly prompt: string } | { readonly back: string }

/** Follows redirects until there is a form, or the way leads back to the application. Keeps cookies by path. */
class Browser {
  readonly #cookies = new Map<string, { readonly path: string; readonly pair: string }>()

  async open(url: string, redirect: string, init: RequestInit = {}): Promise<Page> {
    let at = new URL(url)
    let wanted = init
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const response = await fetch(at, { ...wanted, redirect: 'manual', headers: { cookie: this.#cookiesFor(at) } })
      this.#keep(response)
      const next = response.headers.get('location')
      if (next === null) return formOf(at, response.status, await response.text())
      await response.body?.cancel()
      at = new URL(next, at)
      if (at.href.startsWith(redirect)) return { back: at.href }
      wanted = {}
    }
    throw new Error(`no end of redirects: ${at.href}`)
  }

  submit({ form, prompt }: { readonly form: string; readonly prompt: string }, login: string, redirect: string) {
    const fields = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt }
    return this.open(form, redirect, { method: 'POST', body: new URLSearchParams(fields) })
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ')
      const path = attributes.find((each) => /^path=/i.test(each))?.slice('path='.length) ?? '/'
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), { path, pair })
    }
  }

  #cookiesFor({ pathname }: URL): string {
    const sent = [...this.#cookies.values()].filter(({ path }) => pathname.startsWith(path))
    return sent.map(({ pair }) => pair).join('; ')
  }
}

function formOf(at: URL, status: number, html: string): Page {
  const form = /<form[^>]* action="([^"]+)"/.exec(html)?.[1]
  const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1]
  if (status !== 200 || form === undefined || prompt === undefined) throw new Error(`${at.href}: ${status}: ${html}`)
  return { form: new URL(form, at).href, prompt }
}
