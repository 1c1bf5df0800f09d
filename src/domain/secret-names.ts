const LOOKS_SECRET =
  /^(?:sk|pk|rk)-|^(?:gsk|ghp|hf)_[A-Za-z0-9]{16}|^xai-[A-Za-z0-9]{16}|^AKIA[0-9A-Z]{16}|^AIza[\w-]{16}|^eyJ[\w-]{10}/

/** Whether a text has the form of a credential that somebody gives out. */
export function looksLikeSecret(text: string): boolean {
  return LOOKS_SECRET.test(text)
}

const SECRET_NAME =
  /api_?-?key|secret|passw(?:or)?d|private_?key|access_?key|credential|(?:auth|access|bearer|refresh|session|api)_?-?token|^token$|authorization/i

/** Whether a member called this is a credential by its name. */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name)
}
