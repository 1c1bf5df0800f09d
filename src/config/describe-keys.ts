import { ALL_TABLES } from './all-tables.ts'
import type { KeyTable, Refusal } from './key-table.ts'
import { ENV_TABLE, UNUSED_ENVIRONMENT } from './known-environment.ts'

/** The tables of docs/configuration.md: every key and what happens to it, in Markdown. */
export function describeKeys(): string {
  return ALL_TABLES.map(describeTable).join('\n\n')
}

function describeTable(table: KeyTable): string {
  const rows = [
    ...table.honoured.map((key) => row(key.name, 'honoured', key.does)),
    ...Object.entries(table.moot).map(([name, because]) => row(name, 'no effect', sentence(because))),
    ...Object.entries(table.unsupported).map(([name, refusal]) => row(name, 'refused', sentence(reasonOf(refusal)))),
    ...(table.unsupportedPatterns ?? []).map(({ like, because }) => row(like, 'refused', sentence(because))),
    ...(table === ENV_TABLE
      ? UNUSED_ENVIRONMENT.map(([like, , because]) => row(like, 'warning', sentence(because)))
      : []),
  ]
  return [`### \`${table.section}\``, '', '| key | fate | |', '| --- | --- | --- |', ...rows].join('\n')
}

function reasonOf(refusal: string | Refusal): string {
  if (typeof refusal === 'string') return refusal
  const harmless = refusal.harmless?.map((value) => `\`${value}\``).join(', ')
  return harmless === undefined ? refusal.because : `${refusal.because} (${harmless} is fine.)`
}

function row(name: string, fate: string, text: string): string {
  const names = name.split(', ').map((each) => `\`${each}\``)
  return `| ${names.join(', ')} | ${fate} | ${text.replaceAll('|', '\\|')} |`
}

/** Reasons follow a colon in messages; in a table they stand alone. */
function sentence(reason: string): string {
  return reason.startsWith('/') ? reason : reason.charAt(0).toUpperCase() + reason.slice(1)
}
