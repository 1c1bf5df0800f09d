import type { Findings } from './finding.ts'
import type { Honoured, KeyTable } from './key-table.ts'
import { isAbsent } from './located.ts'
import type { Reader } from './readers.ts'
import { Section } from './section.ts'

/** A reader of a map with a table of its own. */
export function sectionReader<Value>(
  table: KeyTable,
  take: (section: Section, findings: Findings) => Value | undefined,
): Reader<Value> {
  return {
    expects: 'a map',
    read: (node, key, findings) =>
      isAbsent(node) ? undefined : take(Section.open(node, key, table, findings), findings),
  }
}

/** A member that must be there. */
export function need<Value>(section: Section, known: Honoured<Value>, findings: Findings): Value | undefined {
  if (section.node(known.name) === undefined) {
    const suggestion = `Write ${known.name}: ${known.reader.expects}.`
    findings.error(section.place, section.pathOf(known.name), `${known.name} is missing.`, suggestion)
  }
  return section.take(known)
}
