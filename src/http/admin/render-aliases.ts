import type { Page } from '../../ports/page.ts'
import type { ListedAliases } from '../../ports/registry.ts'
import { JsonText } from '../wire/json-text.ts'

/** Whole, they are the one page that there is. */
export function renderAliases({ json, total }: ListedAliases, page: Pick<Page, 'page' | 'size'> | undefined): JsonText {
  const said = {
    total_count: total,
    current_page: page?.page ?? 1,
    total_pages: page === undefined ? Math.min(total, 1) : Math.ceil(total / page.size),
    size: page?.size ?? total,
  }
  return new JsonText(`{"aliases":${json},${JSON.stringify(said).slice(1)}`)
}
