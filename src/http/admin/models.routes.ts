import type { FastifyInstance } from 'fastify'
import { deleteModelBody, newModelBody, patchModelBody, updateModelBody } from '../../contract/models.ts'
import { Problem } from '../../domain/problem.ts'
import { createModel } from '../../manage/models/create-model.ts'
import { deleteModel } from '../../manage/models/delete-model.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { updateModel } from '../../manage/models/update-model.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { pathParam } from './path-param.ts'
import { askOf, readJson, schemaRoute, shaped } from './read-ask.ts'
import { renderModel } from './render-model.ts'

/** The management API of models that are kept in the store. */
export function storedModelRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/model/new'],
    summary: 'Make a model',
    body: newModelBody,
    answer: async (ask) => {
      const order = shaped(newModelBody, await readJson(ask))
      return renderModel(granted(await createModel(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/model/update'],
    summary: 'Change a model',
    body: updateModelBody,
    answer: async (ask) => {
      const { id = '', wish } = shaped(updateModelBody, await readJson(ask))
      return renderModel(granted(await updateModel(id, wish, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'PATCH',
    paths: ['/model/:model_id/update'],
    slashInParameter: true,
    summary: 'Change a model',
    body: patchModelBody,
    answer: async (ask) => {
      const id = pathParam(ask, 'model_id')
      const { id: inBody, wish } = shaped(patchModelBody, await readJson(ask))
      if (inBody !== undefined && inBody !== id)
        throw new Problem('bad-request', 'The path and the body name different models.')
      return renderModel(granted(await updateModel(id, wish, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/model/delete'],
    summary: 'Delete a model',
    body: deleteModelBody,
    answer: async (ask) => {
      const { id } = shaped(deleteModelBody, await readJson(ask))
      const gone = granted(await deleteModel(id, askOf(ask), ports))
      return { message: `Model: ${gone} deleted successfully` }
    },
  })
}
