import type { IncomingMessage } from 'node:http'
import type { HeaderReader } from '../../journey/1-intake/arrival.ts'

/** Repeated names that matter were refused before routing; `repeated` still tells what Node would hide. */
export function headerReader(request: IncomingMessage): HeaderReader {
  const { headers, rawHeaders } = request
  return {
    get(name) {
      const value = headers[name]
      if (value === undefined || value === '') return undefined
      return typeof value === 'string' ? value : value[0]
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
