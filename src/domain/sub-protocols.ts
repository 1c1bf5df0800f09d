/** How browsers, which can set no header of a WebSocket, carry a credential. */
const CREDENTIAL = 'openai-insecure-api-key.'
const USUAL = 'realtime'
const OLD_EVENTS = 'openai-beta.realtime-v1'

/** The sub-protocols that a client offers (RFC 6455 §11.3.4), in its order. */
export function readSubProtocols(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

export function credentialsIn(offered: readonly string[]): readonly string[] {
  return offered.filter(isCredential).map((each) => each.slice(CREDENTIAL.length))
}

/** The client speaks the events of the API as they were before it was finished. */
export function wantsOldEvents(offered: readonly string[]): boolean {
  return offered.includes(OLD_EVENTS)
}

/**
 * What we agree to. Browsers end a connection whose server agrees to nothing that they offered, so that a client that
 * offers its credential alone gets that back: nobody learns of it who did not send it.
 */
export function chooseSubProtocol(offered: readonly string[]): string | undefined {
  return offered.find((each) => each === USUAL) ?? offered.find((each) => !isCredential(each)) ?? offered[0]
}

function isCredential(name: string): boolean {
  return name.startsWith(CREDENTIAL)
}
