import { BEHAVIOURS } from './behaviours.ts'
import { NO_SUCH_MODEL } from './provider-errors.ts'
import type { Script, ScriptChange } from './script.ts'
import { PLAIN } from './script.ts'

interface Active {
  readonly script: Script
  calls: number
}

/** The script of every model: the table's, until a test sets another. */
export class Scripts {
  readonly #active = new Map<string, Active>()

  set(model: string, change: ScriptChange): void {
    this.#active.set(model, { script: { ...PLAIN, ...change }, calls: 0 })
  }

  /** Counts the call: a script with `times: 2` answers the first two. */
  next(model: string): Script {
    const active = this.#active.get(model) ?? this.#activate(model)
    if (active === undefined) return PLAIN
    active.calls += 1
    return active.calls <= active.script.times ? active.script : PLAIN
  }

  clear(): void {
    this.#active.clear()
  }

  #activate(model: string): Active | undefined {
    const change = BEHAVIOURS.get(model)
    if (change === undefined && !model.startsWith('mock-')) return undefined
    this.set(model, change ?? { refusal: NO_SUCH_MODEL })
    return this.#active.get(model)
  }
}
