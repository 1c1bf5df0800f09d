import type { TokenSettings } from '../../domain/token-settings.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'

/** What an operator switched off on purpose is said at every start, once per origin of tokens. */
export function warnOfOpenness({ issuers, shared }: TokenSettings, log: OperatorLog): void {
  for (const profile of [...issuers, ...(shared === undefined ? [] : [shared])]) {
    if (profile.isDisabled || profile.audiences !== undefined) continue
    log.warn(
      profile.issuer === undefined
        ? 'tokens of any application that shares the signing keys are accepted: neither issuer nor audience is checked'
        : 'tokens for any audience are accepted of this issuer',
      { issuer: profile.id },
    )
  }
}
