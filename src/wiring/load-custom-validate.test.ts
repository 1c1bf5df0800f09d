import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Claims } from '../domain/claims.ts'
import { settingsOf } from '../../test/support/load-yaml.ts'
import { CustomValidateProblem, loadCustomValidate } from './load-custom-validate.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-validate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function module(text: string): string {
  const file = join(folder, 'validate.mjs')
  writeFileSync(file, text)
  return file
}

const { tokens } = settingsOf(
  'general_settings: { enable_jwt_auth: true, litellm_jwtauth: { issuers: [{ issuer: "https://idp.example.com", audience: a }] } }',
)
if (tokens === undefined) throw new Error('tokens are on')

test('the default export of the module is the policy’s function', async () => {
  const loaded = await loadCustomValidate(tokens, module('export default (claims) => claims.tier === "gold"'))
  expect(loaded.policy.customValidate?.({ tier: 'gold' })).toBe(true)
  expect(loaded.policy.customValidate?.({ tier: 'lead' })).toBe(false)
  expect({ ...loaded.policy, customValidate: undefined }).toEqual(tokens.policy)
})

test('D-61: it gets claims that it cannot change, plain as any object, and the same ones for the same token', async () => {
  const text = 'export default (claims) => { globalThis.given = claims; return claims.hasOwnProperty("realm") }'
  const { customValidate } = (await loadCustomValidate(tokens, module(text))).policy
  const realm: Claims = Object.assign(Object.create(null), { roles: ['a', { b: 1 }] })
  const claims: Claims = Object.assign(Object.create(null), { sub: 'ada', realm })
  expect(customValidate?.(claims)).toBe(true)
  const given = Reflect.get(globalThis, 'given')
  expect(given).toEqual({ sub: 'ada', realm: { roles: ['a', { b: 1 }] } })
  for (const change of [
    () => Reflect.set(given, 'sub', 'eve'),
    () => Reflect.deleteProperty(given, 'sub'),
    () => Reflect.set(given.realm, 'roles', []),
    () => Reflect.set(given.realm.roles[1], 'b', 2),
  ])
    expect(change()).toBe(false)
  customValidate?.(claims)
  expect(Reflect.get(globalThis, 'given')).toBe(given)
  Reflect.deleteProperty(globalThis, 'given')
  expect(Object.isFrozen(claims)).toBe(false)
})

test('AT-056: it sees no names that would be the gateway’s own words', async () => {
  const { customValidate } = (
    await loadCustomValidate(tokens, module('export default (claims) => !("_litellm_jwt_issuer" in claims)'))
  ).policy
  expect(customValidate?.({ sub: 'ada', _litellm_jwt_issuer: 'https://idp.example.com' })).toBe(true)
})

test('without a module nothing changes', async () => {
  expect(await loadCustomValidate(tokens, undefined)).toBe(tokens)
})

test.each([
  ['no default export', 'export const validate = () => true'],
  ['a default export that is no function', 'export default true'],
  ['a module that fails', 'throw new Error("broken")'],
  ['text that is no module', 'def validate(claims):'],
])('%s is a problem that names the setting', async (_, text) => {
  const loading = loadCustomValidate(tokens, module(text))
  await expect(loading).rejects.toThrow(CustomValidateProblem)
  await expect(loading).rejects.toThrow(/custom_validate/)
})
