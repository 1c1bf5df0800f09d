import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, Node, Scalar, YAMLMap } from 'yaml'
import type { Findings, Place } from './finding.ts'
import type { Located, LocatedEntry } from './located.ts'
import { showKey } from './show-name.ts'
import { yamlFault } from './yaml-errors.ts'

const MAX_DEPTH = 32
const MAX_VALUES = 100_000

/** Turns the library's tree into ours: aliases followed, merge keys refused, depth and size bounded. */
export class YamlConverter {
  readonly #anchors = new Map<string, { readonly node: Located; readonly values: number; readonly depth: number }>()
  readonly #placeAt: (offset: number) => Place
  readonly #findings: Findings
  #values = 0
  #deepest = 0
  #refused = false

  constructor(placeAt: (offset: number) => Place, findings: Findings) {
    this.#placeAt = placeAt
    this.#findings = findings
  }

  convert(root: Node): Located | undefined {
    const located = this.#node(root, '', 1)
    return this.#refused ? undefined : located
  }

  #node(node: Node, key: string, depth: number): Located {
    const place = this.#place(node)
    if (isAlias(node)) return this.#alias(node, place, key, depth)

    const valuesBefore = this.#values
    const deepestBefore = this.#deepest
    this.#deepest = depth
    this.#count(1, depth, place, key)
    const located = this.#content(node, place, key, depth)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) {
      const values = this.#values - valuesBefore
      this.#anchors.set(anchor, { node: located, values, depth: this.#deepest - depth })
    }
    this.#deepest = Math.max(this.#deepest, deepestBefore)
    return located
  }

  #alias(node: Alias, place: Place, key: string, depth: number): Located {
    const target = this.#anchors.get(node.source)
    if (target === undefined) {
      this.#refuse(place, key, 'This alias does not name an anchor that was set before it.')
      return { kind: 'scalar', place, value: null, text: '' }
    }
    // The copy is shared, not repeated, but whoever walks it pays for every visit: so it is counted in full.
    this.#count(target.values, depth + target.depth, place, key)
    this.#deepest = Math.max(this.#deepest, depth + target.depth)
    return target.node
  }

  #content(node: Node, place: Place, key: string, depth: number): Located {
    if (this.#refused) return { kind: 'scalar', place, value: null, text: '' }
    if (isMap(node)) return this.#map(node, place, key, depth)
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        isNode(item) ? this.#node(item, `${key}[${index}]`, depth + 1) : this.#nothing(place),
      )
      return { kind: 'list', place, items }
    }
    return isScalar(node) ? this.#scalar(node, place, key) : this.#nothing(place)
  }

  #map(map: YAMLMap, place: Place, key: string, depth: number): Located {
    const entries = new Map<string, LocatedEntry>()
    for (const pair of map.items) {
      const at = isNode(pair.key) ? this.#place(pair.key) : place
      const name = keyText(pair.key)
      if (name === undefined || name === '<<') {
        const message = name === undefined ? 'A key must be text.' : 'Merge keys (<<) are not accepted.'
        this.#refuse(at, key, message, name === undefined ? undefined : 'Write the members out, or use `include`.')
        continue
      }
      const inner = key === '' ? showKey(name) : `${key}.${showKey(name)}`
      const value = isNode(pair.value) ? this.#node(pair.value, inner, depth + 1) : this.#nothing(at)
      if (entries.has(name)) this.#refuse(at, inner, yamlFault('DUPLICATE_KEY'))
      entries.set(name, { place: at, value })
    }
    return { kind: 'map', place, entries }
  }

  #scalar(node: Scalar, place: Place, key: string): Located {
    const value = node.value
    const text = node.source ?? String(value)
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#refuse(place, key, 'Only finite numbers are accepted.')
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', place, value, text }
    }
    return { kind: 'scalar', place, value: null, text }
  }

  #nothing(place: Place): Located {
    return { kind: 'scalar', place, value: null, text: '' }
  }

  #place(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0)
  }

  #count(values: number, depth: number, place: Place, key: string): void {
    this.#values += values
    this.#deepest = Math.max(this.#deepest, depth)
    if (depth > MAX_DEPTH) this.#refuse(place, key, `The file is nested deeper than ${MAX_DEPTH} levels.`)
    if (this.#values > MAX_VALUES) this.#refuse(place, key, `The file holds more than ${MAX_VALUES} values.`)
  }

  #refuse(place: Place, key: string, message: string, suggestion?: string): void {
    if (!this.#refused) this.#findings.error(place, key, message, suggestion)
    this.#refused = true
  }
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value)
}

/** Numbers may be model names in a map of fallbacks; `true` and nothing may not. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  if (typeof key.value === 'string') return key.value
  return typeof key.value === 'number' ? (key.source ?? String(key.value)) : undefined
}
