import type { IncomingMessage } from 'node:http'
import type { RouteFacts } from '../../journey/1-intake/arrival.ts'
import type { Exchange } from './answer-fault.ts'

/** Answers whatever happens: there is nobody behind it who would. */
export type Door = (exchange: Exchange, route: RouteFacts) => void

/** Other media types are the router's to judge. */
const PLAIN_TYPES: ReadonlySet<string | undefined> = new Set(['application/json', 'application/json; charset=utf-8'])

interface KnownDoor {
  readonly route: RouteFacts
  readonly door: Door
}

/**
 * The few paths that carry nearly all requests, reached without the router. The same paths stand in the router too, which
 * takes every request that is not of the plainest form: another method, a query, a browser's origin, another media type.
 */
export class Doors {
  readonly #known = new Map<string, KnownDoor>()

  open(path: string, route: RouteFacts, door: Door): void {
    this.#known.set(path, { route, door })
  }

  find({ method, url, headers }: IncomingMessage): KnownDoor | undefined {
    if (method !== 'POST' || url === undefined || headers.origin !== undefined) return undefined
    return PLAIN_TYPES.has(headers['content-type']) ? this.#known.get(url) : undefined
  }
}
