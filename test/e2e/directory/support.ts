import { bearer, MASTER_KEY } from '../../support/gateway.ts'

export interface Answer {
  readonly status: number
  readonly body: Json
}

/** JSON that a test looks into. */
export interface Json {
  readonly [name: string]: Json
  readonly [index: number]: Json
}

/** Calls of the management API, as JSON. */
export class Admin {
  readonly #url: string
  readonly #key: string

  constructor(url: string, key: string = MASTER_KEY) {
    this.#url = url
    this.#key = key
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path)
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.call('POST', path, body)
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...bearer(this.#key), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }

  /** The same API through a key of this user. */
  async as(userId: string, more: object = {}): Promise<Admin> {
    const { body } = await this.post('/key/generate', { user_id: userId, ...more })
    const key: unknown = body['key']
    if (typeof key !== 'string') throw new Error('there is no key')
    return new Admin(this.#url, key)
  }
}
