import type { Finding, Severity } from './finding.ts'

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 }

/** `FILE:LINE:COL severity key: message suggestion`, one line each, errors first, then by file and line. */
export function renderFindings(findings: readonly Finding[]): string {
  return sortFindings(findings).map(renderFinding).join('\n')
}

export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (a, b) =>
      RANK[a.severity] - RANK[b.severity] ||
      compareText(a.file ?? '', b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}

export function renderFinding(finding: Finding): string {
  const key = finding.key === '' ? '' : ` ${finding.key}`
  const suggestion = finding.suggestion === undefined ? '' : ` ${finding.suggestion}`
  // Names of files and keys were written by people: nothing in them may start a line of its own.
  return `${place(finding)} ${finding.severity}${key}: ${finding.message}${suggestion}`.replaceAll(/\p{Cc}/gu, '?')
}

/** `2 errors, 1 warning, no notes`. */
export function summarise(findings: readonly Finding[]): string {
  const count = (severity: Severity): string => {
    const found = findings.filter((finding) => finding.severity === severity).length
    return `${found === 0 ? 'no' : found} ${severity}${found === 1 ? '' : 's'}`
  }
  return `${count('error')}, ${count('warning')}, ${count('note')}`
}

function place({ file, line, column }: Finding): string {
  if (file === undefined) return 'environment'
  return [
    file,
    ...(line === undefined ? [] : [line]),
    ...(line === undefined || column === undefined ? [] : [column]),
  ].join(':')
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
