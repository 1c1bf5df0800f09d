import type { FastifyInstance } from 'fastify'
import { newCredentialBody, patchCredentialBody } from '../../contract/credentials.ts'
import { Problem } from '../../domain/problem.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { listCredentials, readCredential, readCredentialOfModel } from '../../manage/models/read-credential.ts'
import type { ShownCredential } from '../../manage/models/read-credential.ts'
import { createCredential, deleteCredential, updateCredential } from '../../manage/models/write-credential.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { pathParam } from './path-param.ts'
import { askOf, readJson, schemaRoute, shaped } from './read-ask.ts'

/** The management API of credentials for providers. Their values are written, and never read back (INV-15). */
export function credentialRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/credentials'],
    summary: 'Make a credential',
    body: newCredentialBody,
    answer: async (ask) => {
      const order = shaped(newCredentialBody, await readJson(ask))
      granted(await createCredential(order, askOf(ask), ports))
      return { success: true, message: 'Credential created successfully' }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/credentials'],
    summary: 'List credentials',
    answer: async () => ({ success: true, credentials: (await listCredentials(ports)).map(render) }),
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/credentials/by_name/:credential_name', '/credentials/:credential_name'],
    slashInParameter: true,
    summary: 'Look at a credential',
    answer: async (ask) => render(granted(await readCredential(pathParam(ask, 'credential_name'), ports))),
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/credentials/by_model/:model_id'],
    slashInParameter: true,
    summary: 'Look at the credential of a model',
    answer: async (ask) => render(granted(await readCredentialOfModel(pathParam(ask, 'model_id'), ports))),
  })

  schemaRoute(app, edge, {
    method: 'PATCH',
    paths: ['/credentials/:credential_name'],
    slashInParameter: true,
    summary: 'Change a credential',
    body: patchCredentialBody,
    answer: async (ask) => {
      const name = pathParam(ask, 'credential_name')
      const { name: inBody, wish } = shaped(patchCredentialBody, await readJson(ask))
      if (inBody !== undefined && inBody !== name)
        throw new Problem('bad-request', 'The path and the body name different credentials.')
      granted(await updateCredential(name, wish, askOf(ask), ports))
      return { success: true, message: 'Credential updated successfully' }
    },
  })

  schemaRoute(app, edge, {
    method: 'DELETE',
    paths: ['/credentials/:credential_name'],
    slashInParameter: true,
    summary: 'Delete a credential',
    answer: async (ask) => {
      granted(await deleteCredential(pathParam(ask, 'credential_name'), askOf(ask), ports))
      return { success: true, message: 'Credential deleted successfully' }
    },
  })
}

function render({ name, values, info }: ShownCredential): object {
  return { credential_name: name, credential_values: values, credential_info: info }
}
