import type { Settings } from '../config/settings.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'

interface Welcome {
  readonly address: string
  readonly masterKey: string | undefined
  readonly catalogue: Pick<ModelCatalogue, 'publicNames'>
  readonly settings: Settings
  readonly storeKind: 'embedded' | 'server'
  readonly startedMsAgo: number
}

/** What an operator reads after a start. A generated master key is in it exactly once in an installation's life. */
export function renderWelcome(welcome: Welcome): string {
  const { address, masterKey, catalogue, settings } = welcome
  const url = address.replace('://0.0.0.0:', '://127.0.0.1:').replace('://[::]:', '://[::1]:')
  const names = catalogue.publicNames()
  // Of patterns alone, a name that fits the first is worth a try.
  const model = names.find((name) => !name.includes('*')) ?? (names[0] ?? '*').replaceAll('*', 'gpt-4o')
  const header = settings.keyHeaderName ?? 'Authorization'
  // Only double quotes let the shell put the variable in.
  const credential =
    masterKey === undefined ? `"${header}: Bearer $LITELLM_MASTER_KEY"` : `'${header}: Bearer ${masterKey}'`
  const auth = `-H ${credential} -H 'Content-Type: application/json'`
  const store = welcome.storeKind === 'embedded' ? `embedded database in ${settings.dataDir}` : 'PostgreSQL'
  const lines = [
    '',
    `Latchkey is ready on ${url} (${store}) after ${(welcome.startedMsAgo / 1000).toFixed(1)} s.`,
    '',
    ...(masterKey === undefined
      ? []
      : [
          'Your master key, shown this once and stored nowhere. Keep it, or set your own as LITELLM_MASTER_KEY:',
          '',
          `  ${masterKey}`,
          '',
        ]),
    'Try it:',
    '',
    `  curl -s ${url}/v1/chat/completions ${auth} -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    `  curl -s ${url}/key/generate ${auth} -d '{"key_alias":"my-first-key","duration":"30d"}'`,
    ...(settings.pages.console ? [`  ${url}/ui/`] : []),
    '',
    ...(settings.models.length === 0
      ? ['No models are configured, so `demo` answers by itself. Add yours with --config FILE.', '']
      : []),
  ]
  return `${lines.join('\n')}\n`
}
