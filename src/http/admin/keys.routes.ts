import type { FastifyInstance } from 'fastify'
import {
  blockBody,
  deleteBody,
  generateBody,
  keyInfoQuery,
  keyListQuery,
  regenerateBody,
  updateBody,
} from '../../contract/keys.ts'
import { Problem } from '../../domain/problem.ts'
import { deleteKeys } from '../../manage/delete-keys.ts'
import { generateKey } from '../../manage/generate-key.ts'
import { listAliases, readKeyPage } from '../../manage/list-keys.ts'
import { isRawKey } from '../../manage/name-key.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readKey, withSpend } from '../../manage/read-key.ts'
import { rotateKey } from '../../manage/rotate-key.ts'
import { decideFields } from '../../manage/unsupported-fields.ts'
import { setBlocked, updateKey } from '../../manage/update-key.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { guardStore } from './guard-store.ts'
import { actorOf, readJson, readOptionalJson, refuseSecretInUrl, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderIssuedKey, renderKey, renderNamedKey } from './render-key.ts'

/** The management API of virtual keys. */
export function keyRoutes(app: FastifyInstance, edge: EdgePorts, manage: ManagePorts): void {
  const ports = guardStore(manage)
  const { strictNoSecretsInUrl } = ports.rules

  /** INV-15: a key that the caller named by its value is named back by its digest. */
  const unspoken = (name: string): string => (isRawKey(name) ? ports.digests.digestKey(name) : name)

  write('/key/generate', async (ask) => {
    const body = granted(decideFields(await readJson(ask), 'create'))
    const issued = granted(await generateKey(shaped(generateBody, body), actorOf(ask), ports))
    return renderIssuedKey(issued)
  })

  write('/key/update', async (ask) => {
    const body = granted(decideFields(await readJson(ask), 'update'))
    const { key, wish } = shaped(updateBody, body)
    const row = granted(await updateKey(key, wish, actorOf(ask), ports))
    return { ...renderNamedKey(await withSpend(row, ports)), key: unspoken(key) }
  })

  write('/key/delete', async (ask) => {
    const names = shaped(deleteBody, await readJson(ask))
    return { deleted_keys: granted(await deleteKeys(names, actorOf(ask), ports)).map(unspoken) }
  })

  write('/key/block', (ask) => switchKey(ask, true))
  write('/key/unblock', (ask) => switchKey(ask, false))
  write('/key/regenerate', (ask) => regenerate(ask, undefined))
  write('/key/:key/regenerate', (ask) => {
    const { key } = paramsOf(ask)
    refuseSecretInUrl(key, strictNoSecretsInUrl)
    return regenerate(ask, key)
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/info'],
    needs: 'read-own',
    answer: async ({ principal, request }) => {
      const { key: name } = shapedQuery(keyInfoQuery, request)
      refuseSecretInUrl(name, strictNoSecretsInUrl)
      const key = granted(await readKey(name, principal, ports))
      // AC-045: a key that was named in full is not said back.
      return { key: name === undefined || isRawKey(name) ? key.row.digest : name, info: renderKey(key) }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/list'],
    needs: 'administer',
    answer: async ({ request }) => {
      const query = shapedQuery(keyListQuery, request)
      refuseSecretInUrl(query.key, strictNoSecretsInUrl)
      const { keys, total } = granted(await readKeyPage(query, ports))
      return {
        keys: query.isFull ? keys.map(renderNamedKey) : keys.map(({ row }) => row.digest),
        total_count: total,
        current_page: query.page,
        total_pages: Math.ceil(total / query.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/aliases'],
    needs: 'administer',
    answer: async () => ({ aliases: await listAliases(ports) }),
  })

  async function switchKey(ask: PlainAsk, blocked: boolean): Promise<object> {
    const { key } = shaped(blockBody, await readJson(ask))
    const row = granted(await setBlocked(key, blocked, actorOf(ask), ports))
    return { ...renderNamedKey(await withSpend(row, ports)), blocked }
  }

  async function regenerate(ask: PlainAsk, inPath: string | undefined): Promise<object> {
    const body = granted(decideFields(await readOptionalJson(ask), 'update'))
    const { key: inBody, newMasterKey, order } = shaped(regenerateBody, body)
    if (newMasterKey !== undefined) {
      throw new Problem('bad-request', '`new_master_key`: the master key is changed in the configuration, not here.')
    }
    const name = inPath ?? inBody
    if (name === undefined) throw new Problem('bad-request', 'No key passed in.')
    if (inBody !== undefined && inBody !== name)
      throw new Problem('bad-request', 'The path and the body name different keys.')
    const issued = granted(await rotateKey(name, order, actorOf(ask), ports))
    return renderIssuedKey(issued)
  }

  function write(path: string, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], needs: 'administer', answer })
  }
}

function paramsOf({ request }: PlainAsk): { readonly key: string } {
  const { params } = request
  if (typeof params !== 'object' || params === null || !('key' in params) || typeof params.key !== 'string') {
    throw new Problem('fault')
  }
  return { key: params.key }
}
