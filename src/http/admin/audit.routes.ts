import type { FastifyInstance } from 'fastify'
import { auditQuery } from '../../contract/audit.ts'
import { readAuditPage, readAuditRecord } from '../../manage/audit/read-audit.ts'
import type { AuditLog } from '../../ports/audit-log.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { askOf, schemaRoute, shapedQuery } from './read-ask.ts'
import { renderAudit } from './render-audit.ts'

/** The record of changes, for administrators and viewers. There is no route that writes to it. */
export function auditRoutes(app: FastifyInstance, edge: EdgePorts, log: AuditLog): void {
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/audit'],
    summary: 'Who changed what',
    query: auditQuery,
    answer: async (ask) => {
      const query = shapedQuery(auditQuery, ask.request)
      const { rows, total } = granted(await readAuditPage(query, askOf(ask).reach, log))
      return {
        audit_logs: rows.map(renderAudit),
        total,
        page: query.page,
        page_size: query.size,
        total_pages: Math.ceil(total / query.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/audit/:id'],
    summary: 'One change',
    answer: async (ask) => renderAudit(granted(await readAuditRecord(idOf(ask.request.params), askOf(ask).reach, log))),
  })
}

function idOf(params: unknown): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : ''
}
