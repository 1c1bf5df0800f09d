import { MASTER_KEY } from '../../../support/gateway.ts'
import { runCli } from '../../../support/run-cli.ts'

export interface Said {
  readonly code: number | null
  readonly said: string
}

/** `latchkey audit verify`, as an operator runs it beside the gateway. */
export async function verifyAudit(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const ran = await runCli(['audit', 'verify', ...args], { env: { LITELLM_MASTER_KEY: MASTER_KEY, ...env } })
  return { code: ran.code, said: ran.stdout + ran.stderr }
}
