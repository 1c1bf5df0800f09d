import type { Town, TownOptions } from '../../jwt/support/town.ts'
import { openTown } from '../../jwt/support/town.ts'
import type { SettingStep } from './explain-of.ts'

type Members = Readonly<Record<string, unknown>>

/** Gateways beside one town, with the same store and provider and another setting each. */
export class ChangedTowns {
  readonly #town: Town
  readonly #options: TownOptions
  readonly #opened = new Map<string, Promise<Town>>()

  constructor(town: Town, options: TownOptions) {
    this.#town = town
    this.#options = options
  }

  with(steps: readonly SettingStep[]): Promise<Town> {
    const name = JSON.stringify(steps)
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const { idp, databaseUrl } = this.#town
    const opening = openTown({ ...steps.reduce(changed, optionsFor(this.#options, this.#town)), idp, databaseUrl })
    this.#opened.set(name, opening)
    return opening
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(async (opening) => (await opening).close()))
  }
}

function optionsFor(options: TownOptions, { idp }: Town): TownOptions {
  return { ...options, auth: typeof options.auth === 'function' ? options.auth(idp) : (options.auth ?? {}) }
}

/** As an operator edits the file. */
function changed(options: TownOptions, step: SettingStep): TownOptions {
  const [section = '', name = ''] = step.setting.split('.')
  const place = section === 'litellm_jwtauth' ? 'auth' : 'general'
  const members: Members = typeof options[place] === 'object' ? options[place] : {}
  return { ...options, [place]: { ...members, [name]: edited(members[name], step) } }
}

function edited(current: unknown, { add, set, remove }: SettingStep): unknown {
  if (set !== undefined) return set
  const list: readonly unknown[] = Array.isArray(current) ? current : []
  if (remove !== undefined) return list.filter((each) => each !== remove)
  return isMembers(add) ? withEntry(list, add) : [...list, add]
}

/** What the entry for the same role or scope has no more than; a new one where there is none. */
function withEntry(list: readonly unknown[], add: Members): readonly unknown[] {
  const at = list.findIndex((entry) => isMembers(entry) && add['role'] !== undefined && entry['role'] === add['role'])
  if (at === -1) return [...list, add]
  return list.map((entry, index) => (index === at && isMembers(entry) ? joined(entry, add) : entry))
}

function joined(entry: Members, add: Members): Members {
  const lists = Object.entries(add).map(([name, value]) => {
    const before = entry[name]
    return [name, Array.isArray(value) && Array.isArray(before) ? [...before, ...value] : value] as const
  })
  return { ...entry, ...Object.fromEntries(lists) }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
