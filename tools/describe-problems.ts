import { PROBLEMS } from '../src/domain/problem.ts'
import { wrapperOf } from '../src/http/wire/render-problem.ts'

/** The table of docs/problems.md: every way in which the gateway refuses or fails. */
export function describeProblems(): string {
  const rows = Object.entries(PROBLEMS)
    .toSorted(([oneCode, one], [otherCode, other]) => one.status - other.status || oneCode.localeCompare(otherCode))
    .map(([code, { status, type, param, say }]) =>
      row([status, `\`${code}\``, `\`${wrapperOf(code)}\``, `\`${type}\``, `\`${param}\``, say]),
    )
  return [
    row(['status', 'problem', 'in', '`type`', '`param`', 'text']),
    row(['---', '---', '---', '---', '---', '---']),
    ...rows,
  ].join('\n')
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
}
