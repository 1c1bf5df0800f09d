import type { Log } from '../adapters/log/operator-log.ts'
import { openStore } from '../adapters/sql/open-store.ts'
import type { Store } from '../adapters/sql/open-store.ts'
import { clock } from '../adapters/system/clock.ts'
import { holdFile } from '../adapters/system/hold-file.ts'
import type { Settings } from '../config/settings.ts'

export function openGatewayStore(settings: Settings, log: Log): Promise<Store> {
  return openStore({
    ...(settings.databaseUrl === undefined ? {} : { databaseUrl: settings.databaseUrl }),
    poolSize: settings.databasePoolSize,
    dataDir: settings.dataDir,
    clock,
    log,
    holdFile,
  })
}
