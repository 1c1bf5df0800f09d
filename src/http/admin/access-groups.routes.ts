import type { FastifyInstance } from 'fastify'
import { newGroupBody, newModelGroupBody, updateGroupBody, updateModelGroupBody } from '../../contract/access-groups.ts'
import type { AccessGroup } from '../../domain/access-group.ts'
import type { Decision } from '../../domain/decision.ts'
import { Problem } from '../../domain/problem.ts'
import { nameGroupModels } from '../../manage/models/name-group-models.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import {
  groupNamed,
  listAccessGroups,
  listNamedGroups,
  readAccessGroup,
  readNamedGroup,
} from '../../manage/models/read-access-groups.ts'
import {
  createAccessGroup,
  decideGroupGround,
  deleteAccessGroup,
  groupNotFound,
  groupTaken,
  updateAccessGroup,
} from '../../manage/models/write-access-group.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { pathParam } from './path-param.ts'
import { askOf, readJson, schemaRoute, shaped } from './read-ask.ts'
import { renderAccessGroup, renderNamedGroup } from './render-access-group.ts'

/** The management API of access groups: as rows with an id, and in the older way, as names for models. */
export function accessGroupRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  rowRoutes(app, edge, ports)
  nameRoutes(app, edge, ports)
}

function rowRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const one = ['/v1/access_group/:access_group_id']
  const idOf = (ask: PlainAsk): string => pathParam(ask, 'access_group_id')

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/v1/access_group'],
    summary: 'Make an access group',
    body: newGroupBody,
    status: 201,
    answer: async (ask) => {
      const wish = shaped(newGroupBody, await readJson(ask))
      return renderAccessGroup(granted(await createAccessGroup(wish, askOf(ask), ports)))
    },
  })
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/v1/access_group'],
    summary: 'List access groups',
    answer: async (ask) => (await listAccessGroups(askOf(ask), ports)).map(renderAccessGroup),
  })
  schemaRoute(app, edge, {
    method: 'GET',
    paths: one,
    summary: 'Look at an access group',
    answer: async (ask) => renderAccessGroup(granted(await readAccessGroup(idOf(ask), askOf(ask), ports))),
  })
  schemaRoute(app, edge, {
    method: 'PUT',
    paths: one,
    summary: 'Change an access group',
    body: updateGroupBody,
    answer: async (ask) => {
      const wish = shaped(updateGroupBody, await readJson(ask))
      return renderAccessGroup(granted(await updateAccessGroup(idOf(ask), wish, askOf(ask), ports)))
    },
  })
  schemaRoute(app, edge, {
    method: 'DELETE',
    paths: one,
    summary: 'Delete an access group',
    status: 204,
    media: [],
    answer: async (ask) => void granted(await deleteAccessGroup(idOf(ask), askOf(ask), ports)),
  })
}

function nameRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const nameOf = (ask: PlainAsk): string => pathParam(ask, 'access_group')

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/access_group/new'],
    summary: 'Name a group of models',
    body: newModelGroupBody,
    answer: async (ask) => {
      const asked = shaped(newModelGroupBody, await readJson(ask))
      granted(await decideGroupGround({ action: 'created', objectId: asked.name }, askOf(ask), ports))
      const { name, models: names, ids } = asked
      const models = granted(nameGroupModels(names, ids, ports))
      if (ports.catalogue().accessGroups().has(name)) granted(groupTaken(name))
      const { group } = granted(await createAccessGroup({ name, models }, askOf(ask), ports))
      return renderNamedGroup(group, ports.catalogue())
    },
  })
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/access_group/list'],
    summary: 'List groups of models',
    answer: async (ask) => ({
      access_groups: (await listNamedGroups(askOf(ask), ports)).map(renderListed),
    }),
  })
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/access_group/:access_group/info'],
    slashInParameter: true,
    summary: 'Look at a group of models',
    answer: async (ask) => renderListed(granted(await readNamedGroup(nameOf(ask), askOf(ask), ports))),
  })
  schemaRoute(app, edge, {
    method: 'PUT',
    paths: ['/access_group/:access_group/update'],
    slashInParameter: true,
    summary: 'Change a group of models',
    body: updateModelGroupBody,
    answer: async (ask) => {
      granted(await decideGroupGround({ action: 'updated', objectId: nameOf(ask) }, askOf(ask), ports))
      const { models: names, ids } = shaped(updateModelGroupBody, await readJson(ask))
      const models = granted(nameGroupModels(names, ids, ports))
      const { id } = granted(await rowNamed(nameOf(ask)))
      const { group } = granted(await updateAccessGroup(id, { models }, askOf(ask), ports))
      return renderNamedGroup(group, ports.catalogue())
    },
  })
  schemaRoute(app, edge, {
    method: 'DELETE',
    paths: ['/access_group/:access_group/delete'],
    slashInParameter: true,
    summary: 'Delete a group of models',
    answer: async (ask) => {
      granted(await decideGroupGround({ action: 'deleted', objectId: nameOf(ask) }, askOf(ask), ports))
      const { id } = granted(await rowNamed(nameOf(ask)))
      const gone = granted(await deleteAccessGroup(id, askOf(ask), ports))
      const message = `Access group '${gone.name}' deleted successfully`
      return { ...renderNamedGroup(gone, ports.catalogue()), message }
    },
  })

  async function rowNamed(name: string): Promise<Decision<AccessGroup>> {
    const row = await groupNamed(name, ports)
    if (row !== undefined) return { verdict: 'allow', granted: row }
    if (!ports.catalogue().accessGroups().has(name)) return groupNotFound(name)
    throw new Problem(
      'bad-request',
      'Models name this group themselves, in `model_info.access_groups`. Change it there.',
    )
  }
}

function renderListed({ name, models, deployments }: { name: string; models: readonly string[]; deployments: number }) {
  return { access_group: name, model_names: models, deployment_count: deployments }
}
