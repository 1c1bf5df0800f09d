export type Severity = 'error' | 'warning' | 'note'

export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** One thing that an operator should know about the configuration. Never carries a configured value. */
export interface Finding extends Place {
  readonly severity: Severity
  /** Dotted path: `model_list[0].litellm_params.model`. Empty where the whole file is meant. */
  readonly key: string
  readonly message: string
  readonly suggestion?: string
}

export class Findings {
  readonly #list: Finding[] = []

  error(place: Place, key: string, message: string, suggestion?: string): void {
    this.#add('error', place, key, message, suggestion)
  }

  warn(place: Place, key: string, message: string, suggestion?: string): void {
    this.#add('warning', place, key, message, suggestion)
  }

  note(place: Place, key: string, message: string, suggestion?: string): void {
    this.#add('note', place, key, message, suggestion)
  }

  get hasErrors(): boolean {
    return this.#list.some((finding) => finding.severity === 'error')
  }

  list(): readonly Finding[] {
    return [...this.#list]
  }

  #add(severity: Severity, place: Place, key: string, message: string, suggestion: string | undefined): void {
    this.#list.push({
      severity,
      ...(place.file === undefined ? {} : { file: place.file }),
      ...(place.line === undefined ? {} : { line: place.line }),
      ...(place.column === undefined ? {} : { column: place.column }),
      key,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  }
}
