import type { EpochMs } from '../../domain/ids.ts'
import { usdText } from '../../domain/money.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { CallObserver } from '../../ports/call-observer.ts'
import type { Log } from './operator-log.ts'

/** One line for a call and one for a refusal, of named fields only: no body, no header, no URL, no credential. */
export function callLog(log: Log): CallObserver {
  const { logger } = log
  return {
    charged(entry, of) {
      if (of === 'try') log.writeReady(membersOf(entry, entry.startedAt, 'billed try'))
    },
    finished(entry, since) {
      log.writeReady(membersOf(entry, since, 'call'))
    },
    refused(denied, about) {
      logger.info(
        { call_id: about.callId, route: about.route, status: about.status, reason: denied.because },
        'refused',
      )
    },
    attempted(deployment, model, failure) {
      if (failure === undefined) return
      const about = { deployment: deployment.id, model_group: model.group, error_class: failure.failure }
      logger.warn(about, 'upstream failed')
    },
    rested(deployment, model) {
      logger.warn({ deployment: deployment.id, model_group: model.group }, 'deployment rests')
    },
  }
}

/**
 * What a general writer of JSON makes of the same members, in a quarter of its time. Only texts that people choose can need
 * an escape; numbers, digests and words of ours hold nothing that would.
 */
function membersOf(entry: LedgerEntry, since: EpochMs, said: 'call' | 'billed try'): string {
  const { payer, usage } = entry
  return (
    `"call_id":${quoted(entry.callId)},"entry_id":"${entry.entryId}","call_type":"${entry.callType}"` +
    `,"payer":"${payer.kind === 'key' ? payer.digest.slice(0, 12) : payer.kind}","model_group":${quoted(entry.modelGroup)}` +
    (entry.bearer === undefined
      ? ''
      : `,"jwt_issuer":${quoted(entry.bearer.issuer)},"jwt_subject":${quoted(entry.bearer.subject)}`) +
    (entry.deploymentId === undefined ? '' : `,"deployment":${quoted(entry.deploymentId)}`) +
    `,"status":${entry.httpStatus},"outcome":"${entry.cutShort ? 'cut-short' : entry.status}"` +
    (entry.errorClass === undefined ? '' : `,"error_class":${quoted(entry.errorClass)}`) +
    `,"input_tokens":${usage.inputTokens},"output_tokens":${usage.outputTokens},"usage_from":"${entry.usageFrom}"` +
    `,"cost_usd":"${usdText(entry.amount)}","pricing":"${entry.pricing}","ms":${entry.endedAt - since}` +
    `,"retries":${entry.retries},"msg":"${said}"`
  )
}

const PLAIN = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e]*$/

const BEYOND_ASCII = /[\u007f-\uffff]/g

/** In ASCII: a terminal is not turned round by what somebody called a model, or itself. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replaceAll(BEYOND_ASCII, escaped)
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
}
