import { openTokenVerifier } from '../adapters/oidc/open-token-verifier.ts'
import type { Log } from '../adapters/log/operator-log.ts'
import { openDocumentGetter } from '../adapters/outbound-http/document-getter.ts'
import { chance, newUserId } from '../adapters/system/chance.ts'
import type { Settings } from '../config/settings.ts'
import type { TokenPorts } from '../journey/tokens/identify-token.ts'
import { loadCustomValidate } from './load-custom-validate.ts'
import type { KeySetObserver } from '../ports/key-set-observer.ts'
import type { Provisioner } from '../ports/provisioner.ts'
import type { TokenTexts } from '../ports/token-verifier.ts'

export interface OpenTokens {
  readonly ports: TokenPorts
  readonly texts: TokenTexts
  close(): Promise<void>
}

/** What tokens of identity providers need, where the operator takes them. */
export async function openTokens(
  settings: Settings,
  log: Log,
  provisioner: Provisioner,
  observer: KeySetObserver,
): Promise<OpenTokens | undefined> {
  if (settings.tokens === undefined) return undefined
  const tokens = await loadCustomValidate(settings.tokens, settings.customValidate)
  const getter = openDocumentGetter()
  const verifier = openTokenVerifier({ settings: tokens, getter, log, observer, fraction: () => chance.fraction() })
  return {
    ports: { verifier, policy: tokens.policy, userDefaults: settings.userDefaults, newUserId, provisioner, log },
    texts: verifier.texts,
    close: () => verifier.close(),
  }
}
