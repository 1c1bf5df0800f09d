import { joinCatalogue } from './join-catalogue.ts'
import type { Finding } from '../config/finding.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { Settings } from '../config/settings.ts'
import type { AccessGroup } from '../domain/access-group.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { JsonObject } from '../domain/json.ts'
import type { ShownModel } from '../domain/shown-model.ts'
import type { StoredCredential } from '../domain/stored-credential.ts'
import type { StoredModel } from '../domain/stored-model.ts'
import { showModel, wholeInfo } from '../manage/models/show-model.ts'
import { openParams, openValues } from '../manage/models/stored-secrets.ts'
import type { ModelReader } from '../ports/model-reader.ts'
import type { Seal } from '../ports/seal.ts'

export interface ReadCatalogue {
  readonly catalogue: ModelCatalogue
  readonly findings: readonly Finding[]
}

/** What a catalogue is read from, beside the configuration. */
export interface StoredModels {
  readAccessGroups(): Promise<readonly AccessGroup[]>
  readModels(): Promise<readonly StoredModel[]>
  readCredentials(): Promise<readonly StoredCredential[]>
}

interface Made {
  /** Everything that it was made from. */
  readonly from: string
  readonly shown: ShownModel
  /** A sentence for the operator where no deployment could be made. */
  readonly outcome: Deployment | string
}

/**
 * The configuration's models and the store's, as one catalogue. What has not changed since the last reading is the same
 * object again, so that its connections go on being used.
 */
export class CatalogueReader {
  readonly #settings: Settings
  readonly #configured: readonly Deployment[]
  readonly #store: StoredModels
  readonly #seal: Seal
  readonly #reader: ModelReader
  #made = new Map<string, Made>()

  constructor(
    settings: Settings,
    configured: readonly Deployment[],
    store: StoredModels,
    seal: Seal,
    reader: ModelReader,
  ) {
    this.#settings = settings
    this.#configured = configured
    this.#store = store
    this.#seal = seal
    this.#reader = reader
  }

  async read(): Promise<ReadCatalogue> {
    const accessGroups = await this.#store.readAccessGroups()
    const models = this.#settings.storeModels ? await this.#store.readModels() : []
    const credentials = models.length === 0 ? [] : await this.#store.readCredentials()
    const byName = new Map(credentials.map((credential) => [credential.name, credential]))

    const configuredIds = new Set<string>(this.#configured.map(({ id }) => id))
    const made = models.map((row) => this.#make(row, byName, configuredIds))
    this.#made = new Map(made.map((each) => [each.shown.id, each]))

    const deployments = made.flatMap(({ outcome, shown }) =>
      typeof outcome === 'string' || shown.blocked ? [] : [outcome],
    )
    const idle = made.flatMap(({ outcome, shown }) => (typeof outcome === 'string' || shown.blocked ? [shown] : []))
    const findings = made.flatMap(({ outcome, shown }) => (typeof outcome === 'string' ? finding(shown, outcome) : []))
    const stored = { deployments, idle, accessGroups }
    return { catalogue: joinCatalogue(this.#settings, this.#configured, stored), findings }
  }

  #make(
    row: StoredModel,
    credentials: ReadonlyMap<string, StoredCredential>,
    configuredIds: ReadonlySet<string>,
  ): Made {
    const known = this.#made.get(row.id)
    const params = openParams(row, this.#seal)
    const credentialName = params?.['litellm_credential_name']
    const credential = typeof credentialName === 'string' ? credentials.get(credentialName) : undefined
    const from = JSON.stringify([row, credential])
    if (known?.from === from) return known

    const shown = showModel(row, params)
    if (params === undefined) return { from, shown, outcome: UNREADABLE }
    if (configuredIds.has(row.id)) return { from, shown, outcome: 'A model of the configuration has the same id.' }
    return { from, shown, outcome: this.#read(shown, params, credential) }
  }

  #read(shown: ShownModel, params: JsonObject, credential: StoredCredential | undefined): Deployment | string {
    const values = credential === undefined ? undefined : openValues(credential, this.#seal)
    if (credential !== undefined && values === undefined) return `Its credential can't be used: ${UNREADABLE}`
    const read = this.#reader.read({ name: shown.publicName, params, info: wholeInfo(shown), credential: values })
    if (!read.ok) return read.flaws.join(' ')
    const { teamId } = shown
    return { ...read.deployment, ...(teamId === undefined ? {} : { teamId }), stored: shown }
  }
}

const UNREADABLE =
  'It was sealed under another key than the one in use. Start with the LITELLM_SALT_KEY that it was sealed with, or write it again.'

function finding({ id, publicName }: ShownModel, message: string): Finding[] {
  return [{ severity: 'error', key: `${publicName} (${id})`, message }]
}
