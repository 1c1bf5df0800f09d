import type { Findings } from '../config/finding.ts'
import { nearestName } from '../config/nearest-name.ts'
import type { LocatedModel } from '../config/read-models.ts'
import { showModel } from '../config/show-name.ts'
import type { DeploymentFlaw } from '../journey/7-provider/build-deployment.ts'
import type { AddressFlaw } from '../journey/7-provider/read-base-url.ts'
import { FOREIGN_WIRES, PROVIDERS } from '../journey/7-provider/catalogue.ts'

export const ADDRESS_FLAWS: Readonly<Record<AddressFlaw, string>> = {
  'not-a-url': 'This is not a URL.',
  'not-http': 'The address must begin with https:// or http://.',
  'has-login': 'The address must not carry a user name or password; use api_key.',
  'has-query': 'The address must not carry a query or fragment.',
  'odd-host': 'The host must be a plain name in ASCII, or an IP address in its usual form.',
  'never-called': 'This host is never called: a cloud metadata service, or an address of nobody or of many.',
}

const OPENAI_COMPATIBLE = 'For an OpenAI-compatible endpoint write openai/<model> with api_base.'

/** Says at the member that must change why a model can't be served. */
export function tellFlaw(flaw: DeploymentFlaw, { key, places }: LocatedModel, findings: Findings): void {
  const params = `${key}.litellm_params`
  switch (flaw.is) {
    case 'foreign-wire': {
      const message = `The provider ${showModel(flaw.provider)} does not speak the OpenAI wire, and this version speaks no other.`
      findings.error(places[flaw.in], `${params}.${flaw.in}`, message, OPENAI_COMPATIBLE)
      return
    }
    case 'unknown-provider': {
      const nearest = nearestName(flaw.provider, [...PROVIDERS.keys(), ...FOREIGN_WIRES])
      const suggestion = nearest === undefined ? OPENAI_COMPATIBLE : `Did you mean ${nearest}?`
      const message = `There is no provider ${showModel(flaw.provider)}.`
      findings.error(places[flaw.in], `${params}.${flaw.in}`, message, suggestion)
      return
    }
    case 'no-provider': {
      const suggestion = 'Write <provider>/<model>, for example openai/<model>.'
      findings.error(places.model, `${params}.model`, `${showModel(flaw.model)} names no provider.`, suggestion)
      return
    }
    case 'no-address':
      findings.error(places.api_base, `${params}.api_base`, `The provider ${showModel(flaw.provider)} needs api_base.`)
      return
    case 'bad-address':
      if (flaw.variable !== undefined) findings.error({}, flaw.variable, ADDRESS_FLAWS[flaw.because])
      else findings.error(places.api_base, `${params}.api_base`, ADDRESS_FLAWS[flaw.because])
      return
    case 'bad-key':
      findings.error({}, flaw.variable, 'A key is one line of printable ASCII.')
      return
    case 'bad-id':
      findings.error(places.id, `${key}.model_info.id`, 'An id is 1 to 255 printable ASCII characters.')
  }
}
