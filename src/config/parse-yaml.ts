import { LineCounter, parseDocument, visit } from 'yaml'
import type { Alias, Document, Node } from 'yaml'
import { YamlConverter } from './convert-yaml.ts'
import type { Findings, Place } from './finding.ts'
import type { Located } from './located.ts'
import { yamlFault } from './yaml-errors.ts'

export const MAX_YAML_BYTES = 1024 * 1024
const MAX_ALIASES = 32

/** Text to located values; undefined when the file is empty or was refused (then a finding says why). */
export function parseYaml(text: string, file: string, findings: Findings): Located | undefined {
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    findings.error({ file }, '', 'The file is larger than 1 MiB.', 'Split it with `include`.')
    return undefined
  }
  // The parser recurses; deep nesting is refused before it is met.
  if (nestsTooDeep(text)) {
    findings.error({ file }, '', 'The file is nested too deeply.')
    return undefined
  }
  const lines = new LineCounter()
  const document = parseText(text, lines)
  if (document === undefined) {
    findings.error({ file }, '', 'The file is nested too deeply.')
    return undefined
  }
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }

  for (const fault of [...document.errors, ...document.warnings]) {
    findings.error(placeAt(fault.pos[0]), '', yamlFault(fault.code))
  }
  if (document.errors.length + document.warnings.length > 0 || !isSafe(document, placeAt, findings)) return undefined
  if (document.contents === null) return undefined
  return new YamlConverter(placeAt, findings).convert(document.contents)
}

function parseText(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      strict: true,
      // The converter refuses duplicates itself: the library compares every pair of keys.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter,
    })
  } catch {
    return undefined
  }
}

/** A cheap upper bound: brackets can open no deeper than this, and block nesting costs a column per level. */
function nestsTooDeep(text: string): boolean {
  let open = 0
  for (const character of text) {
    if (character === '[' || character === '{') open += 1
    else if (character === ']' || character === '}') open = Math.max(0, open - 1)
    if (open > MAX_OPEN_BRACKETS) return true
  }
  return /(?:^|\n)[ \t]*(?:[-?:][ \t]+){33}/.test(text)
}

// Brackets in quoted text count too, so the bound is loose; the exact depth is checked on the parsed tree.
const MAX_OPEN_BRACKETS = 1000

function isSafe(document: Document.Parsed, placeAt: (offset: number) => Place, findings: Findings): boolean {
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    findings.error(placeAt(0), '', 'Only YAML 1.2 is read; remove the %YAML directive.')
    return false
  }
  const aliases: Alias[] = []
  const tags: Node[] = []
  visit(document, {
    Alias: (_, alias) => void aliases.push(alias),
    Collection: (_, node) => void (node.tag === undefined ? undefined : tags.push(node)),
    Scalar: (_, node) => void (node.tag === undefined ? undefined : tags.push(node)),
  })
  for (const node of tags) {
    findings.error(placeAt(node.range?.[0] ?? 0), '', yamlFault('TAG_RESOLVE_FAILED'))
  }
  const extra = aliases[MAX_ALIASES]
  if (extra !== undefined) {
    findings.error(placeAt(extra.range?.[0] ?? 0), '', `More than ${MAX_ALIASES} aliases are used.`)
  }
  return tags.length === 0 && extra === undefined
}
