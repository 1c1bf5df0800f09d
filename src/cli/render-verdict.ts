import type { ReadCheckpoints } from '../adapters/checkpoints/checkpoint-file.ts'
import type { AuditFlaw, AuditVerdict } from '../manage/audit/verify-audit.ts'

const SAY: Readonly<Record<AuditFlaw, string>> = {
  missing: 'is missing.',
  changed: 'is not as it was written.',
  unlinked: 'does not go on from the record before it.',
  rewritten:
    'is not the one that was there when its checkpoint was made: the log was written anew, up to here or further.',
  'cut-off': 'is missing, and so is what came after it: the end of the log was cut off.',
  'end-unknown': 'would be the next one, but the database has lost the note of where its log ends.',
}

const LONGEST_ID = 64

/** What an operator reads after a verification. */
export function renderVerdict(
  verdict: AuditVerdict,
  path: string,
  read: ReadCheckpoints | undefined,
): { readonly text: string; readonly isWhole: boolean } {
  const forged = read?.forged ?? []
  const lines = [
    ...forged.map((line) => `BAD  ${path}:${line}: the checkpoint was not signed with the key of this data directory.`),
    ...(verdict.is === 'whole' ? [renderWhole(verdict.last)] : [renderBad(verdict)]),
    ...(read === undefined
      ? [`note no checkpoints: ${path} or the key in the data directory is missing, so only the database was asked.`]
      : [`note ${count(read.checkpoints.length, 'checkpoint')} in ${path}`]),
    ...(read === undefined || read.torn === 0
      ? []
      : [`note ${count(read.torn, 'line')} there cannot be read, as a crash while writing leaves them`]),
  ]
  return { text: `${lines.join('\n')}\n`, isWhole: verdict.is === 'whole' && forged.length === 0 }
}

function renderWhole({ sequence, hash }: { readonly sequence: number; readonly hash: string }): string {
  return sequence === 0 ? 'ok   no records' : `ok   ${count(sequence, 'record')}, the last hash is ${hash}`
}

function renderBad({ flaw, sequence, id, goodUntil }: Extract<AuditVerdict, { is: 'bad' }>): string {
  // Whoever wrote into the database wrote this id too.
  const shown = id?.replaceAll(/[^!-~]/g, '?').slice(0, LONGEST_ID)
  const name = shown === undefined ? `record ${sequence}` : `record ${sequence} (${shown})`
  const good = goodUntil === 0 ? '' : ` Records 1 to ${goodUntil} are as they were written.`
  return `BAD  ${name} ${SAY[flaw]}${good}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
