import type { Json } from '../../authority/support/caller.ts'
import { good } from '../../authority/support/caller.ts'
import type { Answer } from '../../hostile/support/stand.ts'
import { chatAsk, read } from './asks.ts'
import type { Town } from './town.ts'

type Place = Pick<Town, 'master' | 'holder'>

export function tryRevoke({ master }: Pick<Place, 'master'>, body: object): Promise<Answer> {
  return master.post('/jwt/revocation/new', body)
}

/** As the API shows it. */
export async function revoke(place: Pick<Place, 'master'>, body: object): Promise<Json> {
  return good(await tryRevoke(place, body))
}

export async function takeBack({ master }: Pick<Place, 'master'>, { id }: Json): Promise<void> {
  good(await master.post('/jwt/revocation/delete', { id }))
}

/** The newest hundred. */
export async function revocations({ master }: Pick<Place, 'master'>): Promise<readonly Json[]> {
  const { revocations: rows } = good(await master.get('/jwt/revocation/list?size=100'))
  if (!Array.isArray(rows)) throw new Error('no list of revocations')
  return rows
}

/** The very next request with it: `200`, or its status and reason. */
export async function next({ holder }: Pick<Place, 'holder'>, token: string): Promise<string> {
  const { status, reason } = read(await holder(token).ask(chatAsk()))
  return reason === undefined ? `${status}` : `${status} ${reason}`
}

export const REVOKED = '401 jwt_revoked'

const P256_ORDER = 0xff_ff_ff_ff_00_00_00_00_ff_ff_ff_ff_ff_ff_ff_ff_bc_e6_fa_ad_a7_17_9e_84_f3_b9_ca_c2_fc_63_25_51n
const HALF = 32

/** The other signature that ECDSA has for the same text: with `n - s` in place of `s`. */
export function twinOf(es256: string): string {
  const [head, body, signature = ''] = es256.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${bytes.subarray(HALF).toString('hex')}`)
  const other = Buffer.from((P256_ORDER - s).toString(16).padStart(HALF * 2, '0'), 'hex')
  return `${head}.${body}.${Buffer.concat([bytes.subarray(0, HALF), other]).toString('base64url')}`
}

/** A stream of thirty seconds, with its first words there; all of its text once it is over. */
export async function openStream(
  url: string,
  token: string,
  body: object,
): Promise<{ readonly text: Promise<string> }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  })
  if (response.status !== 200) throw new Error(`a stream of status ${response.status}`)
  const reader = response.body?.getReader()
  const piece = async (): Promise<string | undefined> => {
    const part = await reader?.read().catch(() => undefined)
    return part === undefined || part.done ? undefined : Buffer.from(part.value).toString()
  }
  const first = (await piece()) ?? ''
  const rest = async (): Promise<string> => {
    let text = first
    for (let more = await piece(); more !== undefined; more = await piece()) text += more
    return text
  }
  return { text: rest() }
}
