import type { FastifyInstance } from 'fastify'
import { newRevocationBody, revocationIdBody, revocationListQuery } from '../../contract/revocations.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { revokeTokens, takeBackRevocation } from '../../manage/revocations/revoke-tokens.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderRevocation } from './render-revocation.ts'

/** Tokens of identity providers that are taken back here, before they end. */
export function revocationRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt/revocation/new'],
    summary: 'Revoke a token, or all tokens of a subject or user that were issued until now',
    body: newRevocationBody,
    answer: async (ask) => {
      const order = shaped(newRevocationBody, await readJson(ask))
      return renderRevocation(granted(await revokeTokens(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/jwt/revocation/list'],
    summary: 'List revocations of tokens, the newest first',
    query: revocationListQuery,
    answer: async ({ request }) => {
      const page = shapedQuery(revocationListQuery, request)
      const { rows, total } = await ports.registry.rooms.revocations.list(page, ports.clock.now())
      return {
        revocations: rows.map(renderRevocation),
        total_count: total,
        current_page: page.page,
        total_pages: Math.ceil(total / page.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt/revocation/delete'],
    summary: 'Take the revocation of tokens back',
    body: revocationIdBody,
    answer: async (ask) => {
      const { id } = shaped(revocationIdBody, await readJson(ask))
      granted(await takeBackRevocation(id, askOf(ask), ports))
      return { status: 'success' }
    },
  })
}
