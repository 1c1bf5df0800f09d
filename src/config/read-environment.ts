import { Secret } from '../domain/secret.ts'
import type { Findings } from './finding.ts'
import { checkedDatabaseUrl } from './general-readers.ts'
import { ENV, ENV_TABLE, UNUSED_ENVIRONMENT } from './known-environment.ts'
import { fateOf } from './key-table.ts'
import type { LocatedEntry } from './located.ts'
import type { Environment } from './resolve-references.ts'
import { Section } from './section.ts'

/** The variables that we know, as a section without lines; every other variable is somebody else's. */
export function openEnvironment(environment: Environment, findings: Findings): Section {
  const entries = new Map<string, LocatedEntry>()
  for (const [name, text] of environment) {
    if (text === '') continue
    if (fateOf(name, ENV_TABLE).is !== 'unknown') {
      entries.set(name, { place: {}, value: { kind: 'scalar', place: {}, value: text, text, from: name } })
      continue
    }
    const unused = UNUSED_ENVIRONMENT.find(([, matches]) => matches.test(name))
    if (unused !== undefined) findings.warn({}, name, `This environment variable has no effect: ${unused[2]}`)
  }
  return Section.open({ kind: 'map', place: {}, entries }, '', ENV_TABLE, findings)
}

const PROVIDER_VARIABLE = /_(?:API_KEY|API_BASE|BASE_URL)$/

export function readProviderEnvironment(environment: Environment): ReadonlyMap<string, Secret> {
  const values = [...environment].filter(([name, value]) => PROVIDER_VARIABLE.test(name) && value !== '')
  return new Map(values.map(([name, value]) => [name, new Secret(value)]))
}

/** `DATABASE_URL`, or the URL that its parts make. */
export function readDatabaseUrl(env: Section, findings: Findings): Secret | undefined {
  const whole = env.take(ENV.databaseUrl)
  const host = env.take(ENV.databaseHost)
  const port = env.take(ENV.databasePort) ?? 5432
  const username = env.take(ENV.databaseUsername)
  const user = env.take(ENV.databaseUser) ?? username
  const password = env.take(ENV.databasePassword)
  const name = env.take(ENV.databaseName)
  if (whole !== undefined) return checkedDatabaseUrl(whole.reveal(), 'DATABASE_URL', findings)
  if (host === undefined) return undefined

  if (user === undefined || name === undefined) {
    const missing = user === undefined ? 'DATABASE_USER' : 'DATABASE_NAME'
    findings.error(
      {},
      'DATABASE_HOST',
      `DATABASE_HOST is set, but ${missing} is not.`,
      `Set ${missing}, or DATABASE_URL.`,
    )
    return undefined
  }
  const login = [user, ...(password === undefined ? [] : [password.reveal()])].map(encodeURIComponent).join(':')
  const url = `postgresql://${login}@${host}:${port}/${encodeURIComponent(name)}`
  return checkedDatabaseUrl(url, 'DATABASE_HOST', findings)
}
