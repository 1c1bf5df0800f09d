import type { Findings, Place } from './finding.ts'
import { CREDENTIAL, CREDENTIAL_TABLE } from './known-own-sections.ts'
import { isAbsent, kindOf } from './located.ts'
import type { Located, LocatedEntry, LocatedMap } from './located.ts'
import { nearestName } from './nearest-name.ts'
import { plainJson } from './plain-json.ts'
import { Section } from './section.ts'

interface Credential {
  readonly values: ReadonlyMap<string, LocatedEntry>
  readonly key: string
  readonly place: Place
}

/** `credential_list`: named sets of connection values, which entries of model_list take over. */
export class Credentials {
  readonly #byName = new Map<string, Credential>()
  readonly #used = new Set<string>()
  readonly #findings: Findings

  private constructor(findings: Findings) {
    this.#findings = findings
  }

  static read(node: Located | undefined, findings: Findings): Credentials {
    const credentials = new Credentials(findings)
    if (node === undefined || isAbsent(node)) return credentials
    if (node.kind === 'list') node.items.forEach((item, index) => credentials.#add(item, `credential_list[${index}]`))
    else findings.error(node.place, 'credential_list', `Expected a list, found ${kindOf(node)}.`)
    return credentials
  }

  /** The parameters with the values of the credential that they name; what they set themselves wins. */
  fill(params: LocatedMap, key: string): LocatedMap {
    const reference = params.entries.get('litellm_credential_name')?.value
    if (reference === undefined || reference.kind !== 'scalar' || typeof reference.value !== 'string') return params

    const credential = this.#byName.get(reference.value)
    if (credential === undefined) {
      const nearest = nearestName(reference.value, this.#byName.keys())
      const suggestion = nearest === undefined ? 'Add it to credential_list.' : `Did you mean ${nearest}?`
      const path = `${key}.litellm_credential_name`
      this.#findings.error(reference.place, path, 'credential_list has no credential of this name.', suggestion)
      return params
    }
    this.#used.add(reference.value)
    const own = [...params.entries].filter(([, entry]) => !isAbsent(entry.value))
    return { ...params, entries: new Map([...credential.values, ...own]) }
  }

  warnOfUnused(): void {
    for (const [name, { key, place }] of this.#byName) {
      if (!this.#used.has(name)) this.#findings.warn(place, key, 'No model uses this credential.')
    }
  }

  #add(node: Located, key: string): void {
    if (node.kind !== 'map') {
      this.#findings.error(node.place, key, `Expected credential_name and credential_values, found ${kindOf(node)}.`)
      return
    }
    const section = Section.open(node, key, CREDENTIAL_TABLE, this.#findings)
    const name = section.take(CREDENTIAL.name)
    const info = section.node('credential_info')
    if (info !== undefined) plainJson.read(info, `${key}.credential_info`, this.#findings)
    const values = section.node('credential_values')
    if (values?.kind !== 'map') {
      const found = values === undefined ? 'nothing' : kindOf(values)
      this.#findings.error(values?.place ?? node.place, `${key}.credential_values`, `Expected a map, found ${found}.`)
    }
    if (section.node('credential_name') === undefined) {
      this.#findings.error(node.place, `${key}.credential_name`, 'credential_name is missing.')
    }
    if (name === undefined || values?.kind !== 'map') return
    if (this.#byName.has(name)) this.#findings.error(node.place, key, 'Two credentials have this name.')
    this.#byName.set(name, { values: values.entries, key, place: node.place })
  }
}
