import type { Logger } from 'pino'
import { usdText } from '../../domain/money.ts'
import type { CallObserver } from '../../ports/call-observer.ts'

/** One line for a call and one for a refusal, of named fields only: no body, no header, no URL, no credential. */
export function callLog(logger: Logger): CallObserver {
  return {
    finished(entry) {
      logger.info(
        {
          call_id: entry.callId,
          entry_id: entry.entryId,
          call_type: entry.callType,
          payer: entry.payer.kind === 'master' ? 'master' : entry.payer.digest.slice(0, 12),
          model_group: entry.modelGroup,
          deployment: entry.deploymentId,
          status: entry.httpStatus,
          outcome: entry.cutShort ? 'cut-short' : entry.status,
          error_class: entry.errorClass,
          input_tokens: entry.usage.inputTokens,
          output_tokens: entry.usage.outputTokens,
          usage_from: entry.usageFrom,
          cost_usd: usdText(entry.amount),
          pricing: entry.pricing,
          ms: entry.endedAt - entry.startedAt,
          retries: entry.retries,
        },
        'call',
      )
    },
    refused(denied, about) {
      logger.info(
        { call_id: about.callId, route: about.route, status: about.status, reason: denied.because },
        'refused',
      )
    },
    attempted(deployment, group, failure) {
      if (failure !== undefined)
        logger.warn({ deployment, model_group: group, error_class: failure }, 'upstream failed')
    },
    rested(deployment, group) {
      logger.warn({ deployment, model_group: group }, 'deployment rests')
    },
  }
}
