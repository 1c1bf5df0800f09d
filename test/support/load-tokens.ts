import type { LoadedConfig } from '../../src/config/load.ts'
import type { TokenSettings } from '../../src/domain/token-settings.ts'
import { loadYaml, told } from './load-yaml.ts'

export type Members = Readonly<Record<string, unknown>>

export interface TokenConfig {
  readonly auth?: Members
  readonly general?: Members
  readonly litellm?: Members
  readonly env?: Readonly<Record<string, string>>
}

export const KEYS = { JWT_PUBLIC_KEY_URL: 'https://idp.example.com/jwks' }
/** The global path, as it should be. */
export const SCOPED = { ...KEYS, JWT_AUDIENCE: 'gateway', JWT_ISSUER: 'https://idp.example.com' }
export const ISSUER = { issuer: 'https://idp.example.com', audience: 'gateway' }

/** A configuration with JWTs on. */
export function loadTokens({ auth = {}, general = {}, litellm = {}, env = SCOPED }: TokenConfig): LoadedConfig {
  const file = {
    litellm_settings: litellm,
    general_settings: { enable_jwt_auth: true, ...general, litellm_jwtauth: auth },
  }
  return loadYaml(JSON.stringify(file), { env, files: { 'validate.mjs': 'export default () => true' } })
}

export function tokensOf(config: TokenConfig): TokenSettings {
  const loaded = loadTokens(config)
  const tokens = loaded.settings?.tokens
  if (tokens === undefined) throw new Error(`refused: ${told(loaded, 'error').join('\n')}`)
  return tokens
}

export function errorsOf(config: TokenConfig): readonly string[] {
  return told(loadTokens(config), 'error')
}

export function warningsOf(config: TokenConfig): readonly string[] {
  return told(loadTokens(config), 'warning')
}
