import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadYaml } from '../../test/support/load-yaml.ts'
import { checkRouteNames } from './check-route-names.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { TokenProfile } from '../domain/token-settings.ts'

const FOLDER = join(import.meta.dirname, '../../docs/identity')
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md') && name !== 'README.md')

/** The fenced files of a page that begin with their name. */
function configurationsOf(page: string): readonly string[] {
  const text = readFileSync(join(FOLDER, page), 'utf8')
  return [...text.matchAll(/^```yaml\n(# config\.yaml\n.*?)^```$/gms)].map(([, yaml = '']) => yaml)
}

function load(page: string): readonly LoadedConfig[] {
  return configurationsOf(page).map((yaml) => loadYaml(yaml))
}

function profileOf(page: string, index = 0): TokenProfile | undefined {
  return load(page)[index]?.settings?.tokens?.issuers[0]
}

describe.each(PAGES)('%s', (page) => {
  test('has a configuration, and nothing is to be said about it', () => {
    expect(configurationsOf(page).length).toBeGreaterThan(0)
    for (const loaded of load(page)) {
      expect([...loaded.findings, ...checkRouteNames(loaded)]).toEqual([])
      expect(loaded.settings?.tokens).toBeDefined()
    }
  })

  test('checks the audience and reads a user or a team', () => {
    for (const loaded of load(page)) {
      for (const { audiences, fields } of loaded.settings?.tokens?.issuers ?? []) {
        expect(audiences?.length).toBeGreaterThan(0)
        expect(fields.userId ?? fields.teamId).toBeDefined()
      }
    }
  })

  test('stands in the list of pages', () => {
    expect(readFileSync(join(FOLDER, 'README.md'), 'utf8')).toContain(`(${page})`)
  })
})

test('there is a page for each provider that we promise one for', () => {
  expect(PAGES.toSorted()).toEqual(['auth0.md', 'entra.md', 'google.md', 'keycloak.md', 'kubernetes.md', 'okta.md'])
})

test.each([
  ['okta.md', 'https://example.okta.com/oauth2/default/.well-known/openid-configuration'],
  ['auth0.md', 'https://example.eu.auth0.com/.well-known/openid-configuration'],
  ['keycloak.md', 'https://sso.example.com/realms/company/.well-known/openid-configuration'],
  ['google.md', 'https://accounts.google.com/.well-known/openid-configuration'],
])('%s finds its keys', (page, url) => {
  expect(profileOf(page)?.keys).toMatchObject([{ kind: 'discovery', url }])
})

test('Google: keys lie on another host, ID tokens are taken, and only those of the domain', () => {
  expect(profileOf('google.md')).toMatchObject({
    keys: [{ hosts: ['accounts.google.com', 'www.googleapis.com'] }],
    acceptsIdTokens: true,
    conditions: [{ claim: ['hd'], is: 'equals', value: 'example.com' }],
  })
})

test('no other provider’s ID tokens are taken', () => {
  for (const page of PAGES.filter((name) => name !== 'google.md')) {
    expect(profileOf(page)?.acceptsIdTokens, page).toBe(false)
  }
})

test('Entra: people are found by what is the same in every application, tenants are named', () => {
  expect(profileOf('entra.md')?.fields.userId?.path).toEqual(['oid'])
  expect(profileOf('entra.md', 1)?.tenants?.ids).toHaveLength(2)
})

test('Auth0 and Kubernetes: dots in the names of claims', () => {
  expect(profileOf('auth0.md')?.fields.teamIds?.path).toEqual(['https://example.com/groups'])
  expect(profileOf('kubernetes.md')?.fields.teamId?.path).toEqual(['kubernetes.io', 'namespace'])
})
