import { parseJson } from '../../../domain/json.ts'
import { MemberScan } from '../../1-intake/read-members.ts'
import type { LongValue } from '../../1-intake/read-members.ts'
import { REPLY_BOUNDS } from './read-reply.ts'
import type { ReadReply } from './read-reply.ts'

/** Lists that are longer are not parsed: their pictures are megabytes of base64. */
const LONG = 64 * 1024

/** How many pictures an answer holds; undefined: it has no list of any. */
export function countPictures({ text, members }: ReadReply): number | undefined {
  const data = members.find(({ name }) => name === 'data')
  if (data === undefined) return undefined
  if (data.valueEnd - data.valueStart <= LONG) {
    const list = parseJson(text.slice(data.valueStart, data.valueEnd))
    return Array.isArray(list) ? list.length : undefined
  }
  const found = new Map<number, LongValue>()
  new MemberScan(text, REPLY_BOUNDS, { from: LONG, found }).run(Number.POSITIVE_INFINITY)
  const list = found.get(data.valueStart)
  return list === undefined || text[data.valueStart] !== '[' ? undefined : list.commas.length + 1
}
