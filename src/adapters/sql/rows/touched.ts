import type { ChangedFact, FactKind } from '../../../ports/fact-changes.ts'

/** Which facts a table's rows are part of, or are. */
const FACTS: Readonly<Record<string, FactKind>> = {
  virtual_key: 'key',
  user_account: 'user',
  team: 'team',
  organization: 'organization',
  end_user: 'end_user',
  budget: 'budget',
  tag: 'tag',
  access_group: 'access_group',
  stored_model: 'model',
  credential: 'model',
}

export class Touched {
  readonly #facts = new Map<string, ChangedFact>()

  add(table: string, id: string): void {
    const kind = FACTS[table]
    if (kind !== undefined) this.tell(kind, id)
  }

  tell(kind: FactKind, id: string): void {
    this.#facts.set(`${kind}:${id}`, { kind, id })
  }

  get facts(): readonly ChangedFact[] {
    return [...this.#facts.values()]
  }
}
