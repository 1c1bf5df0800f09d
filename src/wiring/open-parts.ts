import { join } from 'node:path'
import { CachedDirectory } from '../adapters/cache/cached-directory.ts'
import { openCheckpointFile } from '../adapters/checkpoints/checkpoint-file.ts'
import { digests } from '../adapters/crypto/digests.ts'
import { openSealing } from '../adapters/crypto/sealing-keys.ts'
import { createIdSigner } from '../adapters/crypto/id-signer.ts'
import { callLog } from '../adapters/log/call-log.ts'
import type { Log } from '../adapters/log/operator-log.ts'
import { CallMetrics } from '../adapters/metrics/call-metrics.ts'
import { chooseLookup } from '../adapters/outbound-http/choose-lookup.ts'
import { EgressGuard } from '../adapters/outbound-http/egress-guard.ts'
import { PooledUpstream } from '../adapters/outbound-http/pooled-upstream.ts'
import { loadModelFacts } from '../adapters/prices/model-facts.ts'
import { openSpool } from '../adapters/spool/open-spool.ts'
import { settledFirst } from '../adapters/spool/settled-first.ts'
import type { Store } from '../adapters/sql/open-store.ts'
import { chance, newCallId, timers } from '../adapters/system/chance.ts'
import { catchTheRest } from '../adapters/system/catch-the-rest.ts'
import { clock } from '../adapters/system/clock.ts'
import { watchLoad } from '../adapters/system/load-watch.ts'
import { holdFile } from '../adapters/system/hold-file.ts'
import type { Settings } from '../config/settings.ts'
import type { KeyDigest } from '../domain/ids.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { PassThrough } from '../domain/pass-through.ts'
import { AuditCheckpoints } from '../jobs/checkpoint-audit.ts'
import { RefusalTally } from '../jobs/tell-refusals.ts'
import { SoftBudgetWatch } from '../jobs/watch-soft-budgets.ts'
import { StoreTending } from '../jobs/tend-store.ts'
import { createProvisioner } from '../manage/identities/provision-token.ts'
import type { ChargeKeeper } from '../ports/ledger.ts'
import { both } from './both-observers.ts'
import { EMBEDDED_FLUSH_MS } from './embedded-flush.ts'
import { mappingTtlMs } from './journey-settings.ts'
import type { LevelOfWork } from './level-of-work.ts'
import { ModelShelf } from './model-shelf.ts'
import { CatalogueReader } from './read-catalogue.ts'
import { openTokens } from './open-tokens.ts'
import { createModelReader } from './read-stored-model.ts'

export interface Given {
  readonly settings: Settings
  readonly catalogue: ModelCatalogue
  readonly passThroughs: readonly PassThrough[]
  readonly store: Store
  readonly masterKey: KeyDigest
  readonly log: Log
  readonly level: LevelOfWork
}

/** What is opened once, and used by more than one half of the gateway. */
export type Parts = Awaited<ReturnType<typeof openParts>>

export async function openParts(given: Given) {
  const { settings, store, log, level } = given
  const seal = await openSealing({
    saltKey: settings.saltKey,
    masterKey: given.masterKey,
    store: store.kind,
    dataDir: settings.dataDir,
    hasSealedRows: store.hasSealedRows,
  })
  const guard = new EgressGuard(settings.egressAllow)
  const modelReader = createModelReader(settings, guard)
  const facts = await loadModelFacts()
  const spool = openSpool({
    dir: join(settings.dataDir, 'spool'),
    store: store.ledger,
    holdFile,
    log,
    // Nobody else has this store open; what is asked for is flushed first, and a full batch does not wait.
    ...(store.kind === 'embedded' ? { flushAfterMs: EMBEDDED_FLUSH_MS } : {}),
  })
  const reader = store.readLedger(() => spool.flushNow())
  const directory = new CachedDirectory({
    directory: store.directory,
    changes: store.changes,
    clock,
    mappingTtlMs: mappingTtlMs(settings),
  })
  const uncaught = catchTheRest((fault) => log.logger.error({ err: fault }, 'a fault that nobody caught'))
  const metrics = new CallMetrics({
    pendingLines: () => spool.pendingCount,
    softBudgetsCrossed: () => softBudgets.crossed,
    uncaughtFaults: () => uncaught.count,
    droppedLogLines: () => log.dropped,
  })
  const observer = both(level.logs ? callLog(log) : undefined, metrics)
  const ledger: ChargeKeeper = level.books ? spool : { keep: async () => {} }
  const lookupFor = chooseLookup(guard)
  const upstream = new PooledUpstream(lookupFor)
  const load = watchLoad()
  const signer = createIdSigner(Buffer.from(store.installation.signingSecret.reveal(), 'hex'))
  const catalogueReader = new CatalogueReader(settings, given.catalogue.deployments, store, seal, modelReader)
  const shelf = new ModelShelf(given.catalogue, () => catalogueReader.read(), store.changes, log)
  await shelf.refresh()
  const catalogue = (): ModelCatalogue => shelf.catalogue
  const book = openCheckpointFile(settings.dataDir, store.installation.id)
  const checkpoints = new AuditCheckpoints({ book, clock, timers, log })
  await checkpoints.begin(store.audit)
  const registry = store.openRegistry(
    newCallId,
    async (changed) => {
      directory.forget(changed)
      if (changed.some(({ kind }) => kind === 'model' || kind === 'access_group')) await shelf.refresh()
    },
    (head) => checkpoints.recorded(head),
    (attempt) => refusals.tell(attempt),
  )
  const refusals = new RefusalTally({ registry, timers, log })
  const tending = store.upkeep === undefined ? undefined : new StoreTending({ upkeep: store.upkeep, timers, log })

  const tokens = await openTokens(
    settings,
    log,
    createProvisioner({ registry, clock, newId: newCallId, userDefaults: settings.userDefaults, digests, chance }),
    metrics,
  )
  const budgets = settledFirst(
    store.openBudgets(() => spool.flushNow()),
    spool,
  )
  const softBudgets = new SoftBudgetWatch({ softBudgets: store.softBudgets, budgets, clock, timers, log })

  return {
    ...given,
    seal,
    modelReader,
    facts,
    reader,
    directory,
    metrics,
    observer,
    ledger,
    lookupFor,
    upstream,
    load,
    signer,
    catalogue,
    modelGroups: () => shelf.catalogue.accessGroups(),
    registry,
    refusals,
    tokens,
    budgets,
    /** What works beside the requests ends, and what is owed is written down. */
    async close(): Promise<void> {
      shelf.close()
      load.stop()
      uncaught.stop()
      await tending?.close()
      await softBudgets.close()
      await refusals.close()
      checkpoints.close()
      await spool.close()
      await tokens?.close()
      await upstream.close()
      await store.close()
      log.flush()
    },
  }
}
