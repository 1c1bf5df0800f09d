import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digests } from '../../adapters/crypto/digests.ts'
import { openProcessLog } from '../../adapters/log/operator-log.ts'
import type { JsonAnswer } from '../../adapters/outbound-http/post-json.ts'
import { chance } from '../../adapters/system/chance.ts'
import { clock } from '../../adapters/system/clock.ts'
import { compose } from '../../compose.ts'
import type { JsonObject } from '../../domain/json.ts'
import { WHOLE_WORK } from '../../wiring/level-of-work.ts'
import { openGatewayStore } from '../../wiring/open-gateway-store.ts'
import type { Configuration } from '../../wiring/read-configuration.ts'
import { EXPLAIN_PATH } from './ask-running.ts'

type Usable = NonNullable<Configuration['usable']>

/**
 * A gateway with this configuration that listens nowhere: the same answer as it would give in service. A sentence: why
 * there is none. Throws what a start throws.
 */
export async function askConfigured(usable: Usable, ask: JsonObject): Promise<JsonAnswer | string> {
  const { settings } = usable
  const { dataDir, databaseUrl } = settings
  if (databaseUrl !== undefined)
    return inPassing((scratch) => answer({ ...usable, settings: { ...settings, dataDir: scratch } }, ask))
  // Looking must not make an installation where there is none.
  if (existsSync(join(dataDir, 'installation'))) return answer(usable, ask)
  return `there is no installation in ${dataDir}. Name its directory with --data-dir.`
}

/** Beside gateways that share the database: what belongs to one process is not theirs. */
async function inPassing(go: (scratch: string) => Promise<JsonAnswer>): Promise<JsonAnswer> {
  const scratch = await mkdtemp(join(tmpdir(), 'latchkey-explain-'))
  try {
    return await go(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function answer({ settings, catalogue, passThroughs }: Usable, ask: JsonObject): Promise<JsonAnswer> {
  const log = openProcessLog('error', clock)
  const store = await openGatewayStore(settings, log)
  // Whoever holds the configuration and the store is the operator; this key is known to nobody else, and ends with this.
  const credential = `sk-${Buffer.from(chance.secretBytes(32)).toString('base64url')}`
  const masterKey = digests.digestKey(credential)
  const gateway = await compose({
    settings,
    catalogue,
    passThroughs,
    store,
    masterKey,
    log,
    isDraining: () => false,
    level: WHOLE_WORK,
    asksItself: true,
  }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  try {
    const { statusCode, body } = await gateway.app.inject({
      method: 'POST',
      url: EXPLAIN_PATH,
      headers: {
        [settings.keyHeaderName ?? 'authorization']: `Bearer ${credential}`,
        'content-type': 'application/json',
      },
      payload: JSON.stringify(ask),
    })
    return { status: statusCode, text: body }
  } finally {
    await gateway.close()
  }
}
