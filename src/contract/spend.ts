import { z } from 'zod'
import { filledText, flag, optional } from './lenient.ts'

export const spendLogsQuery = z
  .object({
    request_id: optional(filledText),
    api_key: optional(filledText),
    user_id: optional(filledText),
    start_date: optional(filledText),
    end_date: optional(filledText),
    summarize: optional(flag),
  })
  .transform((query) => ({
    requestId: query.request_id,
    key: query.api_key,
    userId: query.user_id,
    startDate: query.start_date,
    endDate: query.end_date,
    summarize: query.summarize ?? true,
  }))
