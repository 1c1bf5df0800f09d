import type { ReadCatalogue } from './read-catalogue.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { FactChanges } from '../ports/fact-changes.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'

const LOOK_AGAIN_MS = 1_000

/** What is read anew whenever something about models has changed. */
export type ReadModels = () => Promise<ReadCatalogue>

/**
 * All models there are, at hand without asking: those of the configuration, and those of the store as they were at most a
 * second ago. When announcements stop coming, the store is looked at every second instead.
 */
export class ModelShelf {
  readonly #read: ReadModels
  readonly #changes: FactChanges
  readonly #log: OperatorLog
  readonly #timer: NodeJS.Timeout
  #catalogue: ModelCatalogue
  #reading: Promise<void> | undefined
  #isStale = false
  #flaws: ReadonlyMap<string, string> = new Map()

  constructor(first: ModelCatalogue, read: ReadModels, changes: FactChanges, log: OperatorLog) {
    this.#catalogue = first
    this.#read = read
    this.#changes = changes
    this.#log = log
    for (const kind of ['model', 'access_group'] as const) {
      changes.subscribe(
        kind,
        () => void this.refresh(),
        () => void this.refresh(),
      )
    }
    this.#timer = setInterval(() => {
      if (this.#changes.watch === undefined || this.#isStale) void this.refresh()
    }, LOOK_AGAIN_MS)
    this.#timer.unref()
  }

  get catalogue(): ModelCatalogue {
    return this.#catalogue
  }

  /** Resolves once a reading that began after this call is on the shelf. */
  async refresh(): Promise<void> {
    // The one that runs may have begun before the change.
    await this.#reading
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #readOnce(): Promise<void> {
    try {
      const { catalogue, findings } = await this.#read()
      for (const { key, message } of findings) {
        // Said once, not at every reading.
        if (this.#flaws.get(key) !== message)
          this.#log.warn('a model of the store cannot be used', { model: key, because: message })
      }
      this.#flaws = new Map(findings.map(({ key, message }) => [key, message]))
      this.#catalogue = catalogue
      this.#isStale = false
    } catch (error) {
      if (!this.#isStale)
        this.#log.warn('the models of the store could not be read; trying again every second', { error: String(error) })
      this.#isStale = true
    }
  }
}
