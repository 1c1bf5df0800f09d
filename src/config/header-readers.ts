import type { Findings, Place } from './finding.ts'
import { aHeaderName } from './readers.ts'
import type { Reader } from './readers.ts'
import { namesSecret } from '../domain/secret-names.ts'

/** Of one hop: what stands between takes them away or writes its own. */
const OF_ONE_HOP =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|http2-settings|via|max-forwards|forwarded|x-forwarded-(?:for|host|port|proto|protocol|scheme|server|ssl|prefix|uri|method)|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|x-original-.*|x-rewrite-.*|x-http-method.*|x-method-override)$/

/** Of the message, of the client, or of tracing. */
const OF_OTHERS =
  /^(?:content-.*|accept(?:-.*)?|cookie2?|set-cookie2?|www-authenticate|range|if-.*|cache-control|pragma|date|expires|age|etag|vary|location|allow|server|origin|referer|user-agent|dnt|priority|upgrade-insecure-requests|access-control-.*|sec-.*|traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id)$/

/** What the gateway reads there itself, or sends on. */
const OF_THE_GATEWAY =
  /^(?:x-litellm-(?!api-key$).*|litellm-.*|x-latchkey-.*|x-pass-.*|openai-(?:beta|organization|project)|anthropic-(?:beta|version))$/

/** Why a header cannot be the one that carries the credential, in words that follow its place. */
export function whyNoKeyHeader(name: string): string | undefined {
  // Servers in front and behind read `_` as `-`.
  const plain = name.replaceAll('_', '-')
  if (OF_ONE_HOP.test(plain))
    return 'Not this header: clients and proxies set it themselves, and it would be no secret.'
  if (OF_OTHERS.test(plain)) return 'Not this header: clients and browsers set it themselves, for something else.'
  if (OF_THE_GATEWAY.test(plain)) return 'Not this header: the gateway reads something else in it, or sends it on.'
  return undefined
}

const SUGGESTION = 'Choose a name of its own, such as x-gateway-key.'

export const aKeyHeaderName: Reader<string> = aNameBut(whyNoKeyHeader)

/** What names the end user ends up in the ledger, in answers and in reports. */
export const anEndUserHeader: Reader<string> = aNameBut((name) =>
  namesSecret(name) || /^(?:cookie2?|set-cookie2?|ocp-apim-subscription-key)$/.test(name)
    ? 'Not this header: it carries a credential, which would be written down as the name of the end user.'
    : undefined,
)

/** One header can't be both: the credential would be written down. */
export function checkHeaders(
  keyHeader: string | undefined,
  endUserHeaders: readonly string[],
  { place, key }: { readonly place: Place; readonly key: string },
  findings: Findings,
): void {
  if (keyHeader === undefined || !endUserHeaders.includes(keyHeader)) return
  const message = 'The same header names the end user, so that the credential would be written down as one.'
  findings.error(place, key, message, SUGGESTION)
}

function aNameBut(why: (name: string) => string | undefined): Reader<string> {
  return {
    expects: aHeaderName.expects,
    read: (node, key, findings) => {
      const name = aHeaderName.read(node, key, findings)
      const because = name === undefined ? undefined : why(name)
      if (because === undefined) return name
      findings.error(node.place, key, because, SUGGESTION)
      return undefined
    },
  }
}
