import { z } from 'zod'
import { filledText, optional, pageNumber, pageSize } from './lenient.ts'

export const auditQuery = z
  .object({
    page: optional(pageNumber),
    page_size: optional(pageSize(100)),
    changed_by: optional(filledText),
    changed_by_api_key: optional(filledText),
    action: optional(filledText),
    table_name: optional(filledText),
    object_id: optional(filledText),
    start_date: optional(filledText),
    end_date: optional(filledText),
    sort_by: optional(filledText),
    sort_order: optional(filledText),
  })
  .transform((query) => ({
    page: query.page ?? 1,
    size: query.page_size ?? 10,
    changedBy: query.changed_by,
    actorKey: query.changed_by_api_key,
    action: query.action,
    objectType: query.table_name,
    objectId: query.object_id,
    startDate: query.start_date,
    endDate: query.end_date,
    sort: query.sort_by ?? 'updated_at',
    order: query.sort_order ?? 'desc',
  }))
