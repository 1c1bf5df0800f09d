import type { IncomingMessage } from 'node:http'
import type { HeaderReader } from '../../journey/1-intake/arrival.ts'

/** Repeated names that matter were refused before routing; `repeated` still tells what Node would hide. */
export function headerReader(request: IncomingMessage): HeaderReader {
  const { headers, rawHeaders } = request
  const get = (name: string): string | undefined => {
    const value = headers[name]
    if (value === undefined || value === '') return undefined
    return typeof value === 'string' ? value : value[0]
  }
  return {
    get,
    find(fits) {
      for (const name in headers) {
        const value = fits(name) ? get(name) : undefined
        if (value !== undefined) return value
      }
      return undefined
    },
    repeated(name) {
      let count = 0
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const raw = rawHeaders[i]
        if (raw?.length === name.length && raw.toLowerCase() === name) count += 1
      }
      return count > 1
    },
  }
}
