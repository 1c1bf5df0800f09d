import { pathToFileURL } from 'node:url'
import type { Claims } from '../domain/claims.ts'
import type { JsonValue } from '../domain/json.ts'
import type { TokenSettings } from '../domain/token-settings.ts'

type Validate = (claims: Claims) => unknown

/** The module of `custom_validate` is not what it must be. The text is for the operator. */
export class CustomValidateProblem extends Error {
  override readonly name = 'CustomValidateProblem'
}

/** The token settings with the operator's own function in place. */
export async function loadCustomValidate(tokens: TokenSettings, file: string | undefined): Promise<TokenSettings> {
  if (file === undefined) return tokens
  const validate = await importFunction(file)
  const customValidate: Validate = (claims) => validate(givenOut(claims))
  return { ...tokens, policy: { ...tokens.policy, customValidate } }
}

const copies = new WeakMap<Claims, Claims>()

/**
 * What the operator's module sees of a token: a copy that nobody can change, because a remembered token says the same to
 * everybody (D-61), and without names that would mean something of ours (identity 4.8).
 */
function givenOut(claims: Claims): Claims {
  const known = copies.get(claims)
  if (known !== undefined) return known
  const own = Object.entries(claims).filter(([name]) => !name.startsWith('_litellm_'))
  const copy = frozen(structuredClone(Object.fromEntries(own)))
  copies.set(claims, copy)
  return copy
}

function frozen<Value extends JsonValue>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values<JsonValue>(value)) frozen(inner)
  return Object.freeze(value)
}

async function importFunction(file: string): Promise<Validate> {
  const where = `general_settings.litellm_jwtauth.custom_validate (${file})`
  let module: unknown
  try {
    // oxlint-disable-next-line import/no-dynamic-require -- the operator names it, in the file that configures everything.
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw new CustomValidateProblem(`${where}: the module cannot be loaded: ${String(error)}`, { cause: error })
  }
  const validate = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (isFunction(validate)) return validate
  throw new CustomValidateProblem(`${where}: write "export default function (claims) { … }" into it.`)
}

function isFunction(value: unknown): value is Validate {
  return typeof value === 'function'
}
