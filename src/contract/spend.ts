import { z } from 'zod'
import { nameList } from './activity.ts'
import { filledText, flag, jsonMap, optional, pageNumber, pageSize, text } from './lenient.ts'
import { decimal } from './limits.ts'

const dates = { start_date: optional(filledText), end_date: optional(filledText) }

export const spendLogsQuery = z
  .object({
    request_id: optional(filledText),
    api_key: optional(filledText),
    user_id: optional(filledText),
    team_id: optional(filledText),
    ...dates,
    summarize: optional(flag),
  })
  .transform((query) => ({
    requestId: query.request_id,
    key: query.api_key,
    userId: query.user_id,
    teamId: query.team_id,
    startDate: query.start_date,
    endDate: query.end_date,
    summarize: query.summarize ?? true,
  }))

export const spendLinesQuery = z
  .object({
    ...dates,
    request_id: optional(filledText),
    api_key: optional(filledText),
    user_id: optional(filledText),
    team_id: optional(filledText),
    end_user: optional(filledText),
    min_spend: optional(decimal),
    max_spend: optional(decimal),
    status_filter: optional(filledText),
    model: optional(filledText),
    model_id: optional(filledText),
    key_alias: optional(filledText),
    error_code: optional(filledText),
    error_message: optional(filledText),
    session_id: optional(filledText),
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
    sort_by: optional(filledText),
    sort_order: optional(filledText),
  })
  .transform((query) => ({
    startDate: query.start_date,
    endDate: query.end_date,
    requestId: query.request_id,
    key: query.api_key,
    userId: query.user_id,
    teamId: query.team_id,
    endUserId: query.end_user,
    leastSpend: query.min_spend,
    mostSpend: query.max_spend,
    status: query.status_filter,
    model: query.model,
    deploymentId: query.model_id,
    keyAlias: query.key_alias,
    httpStatus: query.error_code,
    errorPart: query.error_message,
    sessionId: query.session_id,
    page: query.page ?? 1,
    size: query.page_size ?? 50,
    sort: query.sort_by ?? 'startTime',
    order: query.sort_order ?? 'desc',
  }))

export const spendUsersQuery = z.object({ user_id: optional(filledText) })

const inOurDates = (query: { start_date: string | undefined; end_date: string | undefined }) => ({
  startDate: query.start_date,
  endDate: query.end_date,
})

export const spendDatesQuery = z.object(dates).transform(inOurDates)

export const spendTagsQuery = z
  .object({ ...dates, tags: optional(nameList) })
  .transform((query) => ({ ...inOurDates(query), tags: query.tags }))

export const spendRanksQuery = z
  .object({ ...dates, limit: optional(pageNumber), api_key: optional(filledText) })
  .transform((query) => ({ ...inOurDates(query), limit: query.limit, key: query.api_key }))

export const spendEndUsersBody = z
  .object({
    startTime: optional(filledText),
    endTime: optional(filledText),
    api_key: optional(filledText),
  })
  .transform((body) => ({ startDate: body.startTime, endDate: body.endTime, key: body.api_key }))

export const spendReportQuery = z
  .object({
    ...dates,
    group_by: optional(z.enum(['team', 'customer', 'api_key'])),
    api_key: optional(filledText),
    internal_user_id: optional(filledText),
    team_id: optional(filledText),
    customer_id: optional(filledText),
  })
  .transform((query) => ({
    ...inOurDates(query),
    groupBy: query.group_by,
    key: query.api_key,
    userId: query.internal_user_id,
    teamId: query.team_id,
    customerId: query.customer_id,
  }))

export const spendCalculateBody = z
  .object({ model: optional(text), messages: optional(z.array(jsonMap)), completion_response: optional(jsonMap) })
  .transform((body) => ({
    model: body.model,
    messages: body.messages,
    completion: body.completion_response,
  }))
