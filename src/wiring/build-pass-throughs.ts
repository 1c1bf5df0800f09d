import { EgressGuard } from '../adapters/outbound-http/egress-guard.ts'
import { isForbiddenHost } from '../adapters/outbound-http/forbidden-addresses.ts'
import { isLoopback } from '../config/tokens/url-readers.ts'
import { checkPassThroughPaths } from './check-pass-through-paths.ts'
import { Findings } from '../config/finding.ts'
import type { Finding } from '../config/finding.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { EgressEntry } from '../domain/egress.ts'
import type { PassThrough } from '../domain/pass-through.ts'
import { BUILT_INS } from '../journey/7-provider/pass-through/built-in.ts'
import { buildBuiltIn, buildPassThrough } from '../journey/7-provider/pass-through/build-pass-through.ts'
import type { Surroundings } from '../journey/7-provider/pass-through/build-pass-through.ts'
import { ADDRESS_FLAWS } from './tell-flaw.ts'

export interface BuiltPassThroughs {
  readonly passThroughs: readonly PassThrough[]
  readonly findings: readonly Finding[]
}

/** What calls can be passed on to: the providers of the environment, and the endpoints of the file. */
export function buildPassThroughs({
  passThroughs,
  providerEnvironment,
  settings,
}: Pick<LoadedConfig, 'passThroughs' | 'providerEnvironment' | 'settings'>): BuiltPassThroughs {
  const findings = new Findings()
  const around = surroundings(providerEnvironment, settings?.egressAllow)
  const built: PassThrough[] = []
  checkPassThroughPaths(passThroughs, findings)
  for (const { entry, key, places } of passThroughs) {
    const one = buildPassThrough(entry, around)
    if (one.ok) built.push(one.passThrough)
    else if (typeof one.flaw === 'string') findings.error(places.target, `${key}.target`, ADDRESS_FLAWS[one.flaw])
    else findings.error(places.target, `${key}.target`, one.flaw.say, HOW_TO_ALLOW)
    if (!entry.auth) findings.warn(places.auth, `${key}.auth`, openText(entry.headers.size > 0))
  }
  for (const each of BUILT_INS) {
    const one = buildBuiltIn(each, around)
    if (one?.ok === true) built.push(one.passThrough)
    if (one === undefined || one.ok) continue
    // The environment is that of other programs too: an address that is no good for this is no reason to stop.
    const variable = each.baseVariables.find((name) => providerEnvironment.has(name)) ?? each.path
    const why = typeof one.flaw === 'string' ? ADDRESS_FLAWS[one.flaw] : one.flaw.say
    findings.warn({}, variable, `Nothing is passed on at ${each.path}: ${why}`)
  }
  return { passThroughs: built, findings: findings.list() }
}

const HOW_TO_ALLOW = 'Write https://, or list the host with its port in general_settings.provider_egress_allow.'

function surroundings(
  environment: Surroundings['environment'],
  allowed: readonly EgressEntry[] | undefined,
): Surroundings {
  const guard = new EgressGuard(allowed ?? [])
  return {
    environment,
    forbidsHost: isForbiddenHost,
    judgesAddress: (url) => {
      const { protocol, hostname } = new URL(url)
      // A configuration with other errors does not say what it allows.
      if (allowed === undefined) return undefined
      if (protocol === 'https:' || isLoopback(hostname) || guard.judge(url) === undefined) return undefined
      return 'Without TLS, whoever sits in between reads the credential: plain HTTP goes to this machine only.'
    },
  }
}

function openText(hasHeaders: boolean): string {
  return `Everybody who reaches the gateway can call this${hasHeaders ? ', with the headers that are set here' : ''}; nobody is asked who they are.`
}
