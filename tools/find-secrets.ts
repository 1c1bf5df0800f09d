/** What the keys of providers and platforms look like. Our own (`sk-lkk1_…`) have a checksum and are made by the tests. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['OpenAI', /\bsk-(?:proj|svcacct|admin)-[\w-]{40,}/],
  ['OpenAI, older', /\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b/],
  ['Anthropic', /\bsk-ant-(?:api|admin|oat)\d{2}-[\w-]{60,}/],
  ['OpenRouter', /\bsk-or-v1-[0-9a-f]{64}\b/],
  ['Google', /\bAIza[\w-]{35}(?![\w-])/],
  ['Google OAuth', /\bGOCSPX-[\w-]{28}(?![\w-])/],
  ['Groq', /\bgsk_[A-Za-z0-9]{52}\b/],
  ['xAI', /\bxai-[A-Za-z0-9]{80}\b/],
  ['Perplexity', /\bpplx-[A-Za-z0-9]{48}\b/],
  ['Hugging Face', /\bhf_[A-Za-z]{34}\b/],
  ['AWS', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['GitHub', /\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_\w{82})\b/],
  ['GitLab', /\bglpat-[\w-]{20}(?![\w-])/],
  ['npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['Slack', /\bxox[abeoprs]-\d{8,}-[\w-]{20,}/],
  ['Stripe', /\b[rs]k_live_[A-Za-z0-9]{24,}\b/],
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]{40}/],
]

/** A key is random. `sk-proj-AAAA…` is somebody's placeholder. */
const LEAST_VARIETY = 10

/** Whose keys a text seems to hold. Never the keys themselves, because what is found is printed. */
export function findSecrets(text: string): readonly string[] {
  return FORMS.flatMap(([owner, form]) => {
    const found = text.match(new RegExp(form, 'g')) ?? []
    return found.some((key) => new Set(key).size >= LEAST_VARIETY) ? [owner] : []
  })
}
