import { pathToFileURL } from 'node:url'
import type { Claims } from './domain/claims.ts'
import type { TokenSettings } from './domain/token-settings.ts'

type Validate = (claims: Claims) => unknown

/** The module of `custom_validate` is not what it must be. The text is for the operator. */
export class CustomValidateProblem extends Error {
  override readonly name = 'CustomValidateProblem'
}

/** The token settings with the operator's own function in place. */
export async function loadCustomValidate(tokens: TokenSettings, file: string | undefined): Promise<TokenSettings> {
  if (file === undefined) return tokens
  const customValidate = await importFunction(file)
  return { ...tokens, policy: { ...tokens.policy, customValidate } }
}

async function importFunction(file: string): Promise<Validate> {
  const where = `general_settings.litellm_jwtauth.custom_validate (${file})`
  let module: Readonly<Record<string, unknown>>
  try {
    module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new CustomValidateProblem(`${where}: the module cannot be loaded: ${String(error)}`, { cause: error })
  }
  const validate = module['default']
  if (isFunction(validate)) return validate
  throw new CustomValidateProblem(`${where}: write "export default function (claims) { … }" into it.`)
}

function isFunction(value: unknown): value is Validate {
  return typeof value === 'function'
}
