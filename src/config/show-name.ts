import { looksLikeSecret } from '../domain/secret-names.ts'

const KEY_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/
const MODEL_NAME = /^[A-Za-z0-9_*@][A-Za-z0-9_.:/@*+ -]{0,127}$/
/** A key as written, unless it may be a secret that slid into the place of a key. */
export function showKey(name: string): string {
  return KEY_NAME.test(name) && !looksLikeSecret(name) ? name : `(a key of ${name.length} characters)`
}

/** A model or group name, unless it may be a secret in the wrong place. */
export function showModel(name: string): string {
  return MODEL_NAME.test(name) && !looksLikeSecret(name) ? `"${name}"` : `(a name of ${name.length} characters)`
}
