import { z } from 'zod'
import { filledText, optional, pageNumber, pageSize, wholeNumberWithin } from './lenient.ts'

const MOST_MINUTES = 24 * 60

const common = {
  start_date: optional(filledText),
  end_date: optional(filledText),
  api_key: optional(filledText),
  model: optional(filledText),
  timezone: optional(wholeNumberWithin(-MOST_MINUTES, MOST_MINUTES)),
  page: optional(pageNumber),
  page_size: optional(pageSize(1_000)),
}

type Common = z.output<z.ZodObject<typeof common>>

function inOurWords(query: Common, ids: readonly string[] | undefined, exceptIds?: readonly string[]) {
  return {
    startDate: query.start_date,
    endDate: query.end_date,
    key: query.api_key,
    model: query.model,
    timezone: query.timezone ?? 0,
    page: query.page ?? 1,
    size: query.page_size ?? 50,
    ids,
    exceptIds,
  }
}

/** Names with commas between them; no name at all is no filter. */
export const nameList = filledText.transform((value) => {
  const names = value
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return names === undefined || names.length === 0 ? undefined : names
})

/** Ids may hold commas of their own: of users there is one. */
export const userActivityQuery = z
  .object({ ...common, user_id: optional(filledText) })
  .transform((query) => inOurWords(query, query.user_id === undefined ? undefined : [query.user_id]))

export const teamActivityQuery = z
  .object({ ...common, team_ids: optional(nameList), exclude_team_ids: optional(nameList) })
  .transform((query) => inOurWords(query, query.team_ids, query.exclude_team_ids))

export const organizationActivityQuery = z
  .object({ ...common, organization_ids: optional(nameList), exclude_organization_ids: optional(nameList) })
  .transform((query) => inOurWords(query, query.organization_ids, query.exclude_organization_ids))

export const customerActivityQuery = z
  .object({ ...common, end_user_ids: optional(nameList), exclude_end_user_ids: optional(nameList) })
  .transform((query) => inOurWords(query, query.end_user_ids, query.exclude_end_user_ids))

export const tagActivityQuery = z
  .object({ ...common, tags: optional(nameList), exclude_tags: optional(nameList) })
  .transform((query) => inOurWords(query, query.tags, query.exclude_tags))
