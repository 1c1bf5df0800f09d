import { ISSUER, ISSUER_TABLE } from './known-token-origins.ts'
import { mayVerify } from './public-key-reader.ts'
import { baseProfile, takeChecks, takeFields, takeOrigin } from './token-origin.ts'
import type { Common } from './token-origin.ts'
import { discoveryUrlOf, flawOfProviderUrl, keySourceOf } from './url-readers.ts'
import type { ClaimFields, KeySource, TokenProfile } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import type { Located } from '../located.ts'
import { need } from '../section-reader.ts'
import { Section } from '../section.ts'

const TEMPLATE = '{tenantid}'

/** The profiles of `issuers`, those that could be read. */
export function readIssuers(
  nodes: readonly Located[],
  key: string,
  common: Common,
  findings: Findings,
): readonly TokenProfile[] {
  const profiles: TokenProfile[] = []
  const taken = new Set<string>()
  nodes.forEach((node, index) => {
    const section = Section.open(node, `${key}[${index}]`, ISSUER_TABLE, findings, { listsNames: true })
    const profile = readIssuer(section, common, findings)
    if (profile === undefined) return
    const names = namesOf(profile)
    if (names.some((name) => taken.has(name))) refuseDuplicate(section, findings)
    else profiles.push(profile)
    for (const name of names) taken.add(name)
  })
  return profiles
}

/** Each `iss` that leads to it; of a template also itself, which no token has. */
function namesOf({ issuer, tenants }: TokenProfile): readonly string[] {
  if (issuer === undefined) return []
  return [issuer, ...(tenants?.ids ?? []).map((id) => issuer.replace(TEMPLATE, () => id))]
}

function refuseDuplicate(section: Section, findings: Findings): void {
  const suggestion = 'Write one entry for each issuer; audience may be a list. A tenant has one entry as well.'
  const message = 'The issuer, or one of its tenants, is named by an entry before this one.'
  findings.error(section.placeOf(ISSUER.issuer), section.pathOf('issuer'), message, suggestion)
}

function readIssuer(section: Section, common: Common, findings: Findings): TokenProfile | undefined {
  const issuer = need(section, ISSUER.issuer, findings)
  const audiences = readAudiences(section, findings)
  const origin = takeOrigin(section)
  const tenants = readTenants(section, issuer, findings)
  const keys = readKeys(section, issuer, origin.keyHosts, findings)
  const base = baseProfile(issuer ?? '', origin, takeChecks(section, common.checks), common)
  if (keys.some((source) => source.kind === 'pem' && !mayVerify(source.pem, base.algorithms))) {
    const message = 'None of the algorithms is one of this key, so that every token would be refused.'
    const suggestion = 'Add the algorithm of the key to algorithms, or leave algorithms out.'
    findings.error(section.placeOf(ISSUER.publicKey), section.pathOf('public_key_pem'), message, suggestion)
  }
  const fields = readFields(section, common.fields)
  const isDisabled = section.take(ISSUER.isDisabled) ?? false
  if (isDisabled) findings.note(section.placeOf(ISSUER.isDisabled), section.key, 'Tokens of this issuer are refused.')
  if (!origin.requiresExp) {
    const message = 'Tokens of this issuer that never end are accepted.'
    findings.warn(section.place, section.pathOf('allow_tokens_without_exp'), message)
  }
  return issuer === undefined ? undefined : { ...base, issuer, audiences, keys, tenants, fields, isDisabled }
}

/** Exactly one of an audience and the word that there is none. */
function readAudiences(section: Section, findings: Findings): readonly string[] | undefined {
  const audiences = section.take(ISSUER.audience)
  const isWritten = section.node(ISSUER.audience.name) !== undefined
  const isOff = section.take(ISSUER.disablesAudience) ?? false
  const place = section.placeOf(isWritten ? ISSUER.audience : ISSUER.disablesAudience)
  const key = section.pathOf(ISSUER.audience.name)
  if (isWritten && isOff) {
    const message = 'Both audience and disable_audience_validation: true are written.'
    findings.error(place, key, message, 'Keep audience, and remove disable_audience_validation.')
  } else if (!isWritten && !isOff) {
    const message = 'audience is missing, so that tokens made for any application of the provider would be accepted.'
    const suggestion =
      'Write audience: the aud of your tokens; or, to accept them all, disable_audience_validation: true.'
    findings.error(place, key, message, suggestion)
  } else if (isOff) {
    const message = 'Tokens that this issuer made for any application are accepted.'
    const suggestion = 'Write audience: the aud of your tokens, in its place.'
    findings.warn(place, section.pathOf(ISSUER.disablesAudience.name), message, suggestion)
  }
  return audiences
}

function readTenants(section: Section, issuer: string | undefined, findings: Findings): TokenProfile['tenants'] {
  const ids = section.take(ISSUER.tenants)
  const claim = section.take(ISSUER.tenantClaim)
  if (issuer === undefined) return undefined
  const isTemplate = issuer.includes(TEMPLATE)
  if (/^https?:.*[{}]/.test(issuer.replace(TEMPLATE, ''))) {
    const message = `No token has braces in its issuer. One ${TEMPLATE} may stand for the tenant, and nothing else for anything.`
    const suggestion = 'Write the id of the tenant itself.'
    findings.error(section.placeOf(ISSUER.issuer), section.pathOf('issuer'), message, suggestion)
  }
  if (isTemplate && section.node(ISSUER.tenants.name) === undefined) {
    const message = `An issuer with ${TEMPLATE} stands for many, so that the accepted tenants must be named.`
    findings.error(section.placeOf(ISSUER.issuer), section.pathOf('tenants'), message, 'Write tenants: [their ids].')
  }
  if (!isTemplate && (ids !== undefined || claim !== undefined)) {
    const message = `tenants and tenant_claim belong to an issuer with ${TEMPLATE}.`
    const suggestion = `Write ${TEMPLATE} into issuer where the id of the tenant stands, or remove them.`
    findings.error(section.placeOf(ISSUER.tenants), section.pathOf('tenants'), message, suggestion)
  }
  return ids === undefined ? undefined : { claim: claim ?? 'tid', ids }
}

function readKeys(
  section: Section,
  issuer: string | undefined,
  hosts: readonly string[],
  findings: Findings,
): readonly KeySource[] {
  const url = section.take(ISSUER.jwksUrl)
  const pem = section.take(ISSUER.publicKey)
  const isWritten = [ISSUER.jwksUrl, ISSUER.publicKey].filter(({ name }) => section.node(name) !== undefined)
  if (isWritten.length === 2) {
    const message = 'Both jwks_url and public_key_pem are written.'
    findings.error(section.placeOf(ISSUER.publicKey), section.pathOf('public_key_pem'), message, 'Keep one of them.')
  }
  if (pem !== undefined) return [{ kind: 'pem', pem }]
  const ownHost = issuer !== undefined && URL.canParse(issuer) ? [new URL(issuer).host].filter(Boolean) : []
  if (url !== undefined) return [keySourceOf(url, [...ownHost, ...hosts])]
  if (isWritten.length > 0 || issuer === undefined) return []

  const flaw = issuer.includes(TEMPLATE) ? `It holds ${TEMPLATE}.` : flawOfProviderUrl(issuer)
  if (flaw === undefined) return [keySourceOf(discoveryUrlOf(issuer), hosts)]
  const message = `The keys of this issuer cannot be found by its name. ${flaw}`
  const suggestion = 'Write jwks_url: the https:// address of its key set or discovery document.'
  findings.error(section.placeOf(ISSUER.issuer), section.pathOf('jwks_url'), message, suggestion)
  return []
}

/** Its own claims; those of all where it names none, or asks for them. */
function readFields(section: Section, common: ClaimFields): ClaimFields {
  const own = takeFields(section)
  const isBare = Object.values(own).every((field) => field === undefined)
  const inherits = section.take(ISSUER.inheritsFields) ?? isBare
  if (!inherits) return { ...common, ...own }
  const named = Object.entries(own).filter(([, field]) => field !== undefined)
  return { ...common, ...Object.fromEntries(named) }
}
