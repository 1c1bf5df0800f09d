import type { FastifyInstance } from 'fastify'
import {
  changedMappingBody,
  mappingIdBody,
  mappingListQuery,
  newClientBody,
  newMappingBody,
} from '../../contract/key-mappings.ts'
import { deleteKeyMapping, readKeyMapping, updateKeyMapping } from '../../manage/mappings/change-key-mapping.ts'
import { createKeyMapping, createMappedClient } from '../../manage/mappings/create-key-mapping.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { decideKeyFields } from '../../manage/keys/unsupported-fields.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderKeyMapping, renderMappedClient } from './render-key-mapping.ts'

/** Claims of tokens that stand for virtual keys. */
export function keyMappingRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt/key/mapping/new'],
    summary: 'Let a claim of tokens stand for a key',
    body: newMappingBody,
    answer: async (ask) => {
      const order = shaped(newMappingBody, await readJson(ask))
      return renderKeyMapping(granted(await createKeyMapping(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt/key/mapping/update'],
    summary: 'Change a mapping of a claim to a key',
    body: changedMappingBody,
    answer: async (ask) => {
      const change = shaped(changedMappingBody, await readJson(ask))
      return renderKeyMapping(granted(await updateKeyMapping(change, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt/key/mapping/delete'],
    summary: 'Delete a mapping of a claim to a key',
    body: mappingIdBody,
    answer: async (ask) => {
      const { id } = shaped(mappingIdBody, await readJson(ask))
      granted(await deleteKeyMapping(id, askOf(ask), ports))
      return { status: 'success' }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/jwt/key/mapping/list'],
    summary: 'List mappings of claims to keys, the newest first',
    query: mappingListQuery,
    answer: async ({ request }) => {
      const page = shapedQuery(mappingListQuery, request)
      const { rows, total } = await ports.registry.rooms.keyMappings.list(page)
      return {
        mappings: rows.map(renderKeyMapping),
        total_count: total,
        current_page: page.page,
        total_pages: Math.ceil(total / page.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/jwt/key/mapping/info'],
    summary: 'Look at a mapping of a claim to a key',
    query: mappingIdBody,
    answer: async ({ request }) => {
      const { id } = shapedQuery(mappingIdBody, request)
      return renderKeyMapping(granted(await readKeyMapping(id, ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/jwt_client/new'],
    summary: 'Make a key and let a claim of tokens stand for it',
    body: newClientBody,
    answer: async (ask) => {
      const body = granted(decideKeyFields(await readJson(ask), 'create'))
      const { mapping, key } = shaped(newClientBody, body)
      return renderMappedClient(granted(await createMappedClient(mapping, key, askOf(ask), ports)))
    },
  })
}
