const KEY_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/
const MODEL_NAME = /^[A-Za-z0-9_*@][A-Za-z0-9_.:/@*+ -]{0,127}$/
const LOOKS_SECRET =
  /^(?:sk|pk|rk)-|^(?:gsk|ghp|hf)_[A-Za-z0-9]{16}|^xai-[A-Za-z0-9]{16}|^AKIA[0-9A-Z]{16}|^AIza[\w-]{16}|^eyJ[\w-]{10}/

/** A key as written, unless it may be a secret that slid into the place of a key. */
export function showKey(name: string): string {
  return KEY_NAME.test(name) && !looksLikeSecret(name) ? name : `(a key of ${name.length} characters)`
}

/** A model or group name, unless it may be a secret in the wrong place. */
export function showModel(name: string): string {
  return MODEL_NAME.test(name) && !looksLikeSecret(name) ? `"${name}"` : `(a name of ${name.length} characters)`
}

export function looksLikeSecret(text: string): boolean {
  return LOOKS_SECRET.test(text)
}

const SECRET_NAME =
  /api_?-?key|secret|passw(?:or)?d|private_?key|access_?key|credential|(?:auth|access|bearer|refresh|session|api)_?-?token|^token$|authorization/i

/** Whether a member called this is a credential by its name. */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name)
}
