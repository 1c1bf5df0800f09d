import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  blockBody,
  bulkUpdateBody,
  deleteBody,
  generateBody,
  keyAliasesQuery,
  keyHealthBody,
  keyInfoQuery,
  keyListQuery,
  keyNamesBody,
  leakedBody,
  regenerateBody,
  resetSpendBody,
  serviceAccountBody,
  updateBody,
} from '../../contract/keys.ts'
import type { Decision } from '../../domain/decision.ts'
import { Problem, PROBLEMS } from '../../domain/problem.ts'
import { readKeys, updateKeys } from '../../manage/keys/bulk-keys.ts'
import { deleteKeys } from '../../manage/keys/delete-keys.ts'
import { generateKey } from '../../manage/keys/generate-key.ts'
import { listAliases } from '../../manage/keys/list-aliases.ts'
import { readKeyPage } from '../../manage/keys/list-keys.ts'
import { isRawKey } from '../../manage/keys/name-key.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readKey, withSpend } from '../../manage/keys/read-key.ts'
import { reportLeaked } from '../../manage/keys/report-leaked.ts'
import { resetSpend } from '../../manage/keys/reset-spend.ts'
import { usdNumber } from '../../domain/money.ts'
import { renderLimits } from './render-limits.ts'
import { rotateKey } from '../../manage/keys/rotate-key.ts'
import { decideKeyFields } from '../../manage/keys/unsupported-fields.ts'
import { setBlocked, updateKey } from '../../manage/keys/update-key.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, readOptionalJson, refuseSecretInUrl, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderAliases } from './render-aliases.ts'
import { renderIssuedKey, renderKey, renderNamedKey } from './render-key.ts'
import { renderOwnedKey } from './render-user.ts'

/** The management API of virtual keys. */
export function keyRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const { strictNoSecretsInUrl } = ports.rules

  /** INV-15: a key that the caller named by its value is named back by its digest. */
  const unspoken = (name: string): string => (isRawKey(name) ? ports.digests.digestKey(name) : name)

  write('/key/generate', 'Make a key', generateBody, async (ask) => {
    const body = granted(decideKeyFields(await readJson(ask), 'create'))
    const issued = granted(await generateKey(shaped(generateBody, body), askOf(ask), ports))
    return renderIssuedKey(issued, ports.clock.now())
  })

  write(
    '/key/service-account/generate',
    'Make a key of a team that is nobody’s own',
    serviceAccountBody,
    async (ask) => {
      const body = granted(decideKeyFields(await readJson(ask), 'create'))
      const order = { ...shaped(serviceAccountBody, body), isServiceAccount: true }
      return renderIssuedKey(granted(await generateKey(order, askOf(ask), ports)), ports.clock.now())
    },
  )

  write('/v2/key/info', 'Look at several keys', keyNamesBody, async (ask) => {
    const { keys: names } = shaped(keyNamesBody, await readJson(ask))
    const keys = granted(await readKeys(names, askOf(ask), ports))
    return { key: names.map(unspoken), info: keys.map((key) => renderNamedKey(key, ports.clock.now())) }
  })

  write('/key/bulk_update', 'Change several keys', bulkUpdateBody, async (ask) => {
    const { keys: bodies } = shaped(bulkUpdateBody, await readJson(ask))
    const wishes = bodies.map((body, at) => {
      const fields = granted(saidOf(`keys[${at}]`, decideKeyFields(body, 'update')))
      return shaped(updateBody, fields, ['keys', at])
    })
    const outcomes = granted(await updateKeys(wishes, askOf(ask), ports))
    const done: object[] = []
    const failed: object[] = []
    for (const { name, result } of outcomes) {
      if (result.verdict === 'deny') {
        const said = result.say ?? PROBLEMS[result.problem].say
        failed.push({ key: unspoken(name), key_info: null, failed_reason: said })
      } else {
        const key = await withSpend(result.granted, ports)
        done.push({ key: unspoken(name), key_info: renderKey(key, ports.clock.now()) })
      }
    }
    return { total_requested: outcomes.length, successful_updates: done, failed_updates: failed }
  })

  write('/key/update', 'Change a key', updateBody, async (ask) => {
    const body = granted(decideKeyFields(await readJson(ask), 'update'))
    const { key, wish } = shaped(updateBody, body)
    const row = granted(await updateKey(key, wish, askOf(ask), ports))
    return { ...renderNamedKey(await withSpend(row, ports), ports.clock.now()), key: unspoken(key) }
  })

  write('/key/delete', 'Delete keys', deleteBody, async (ask) => {
    const names = shaped(deleteBody, await readJson(ask))
    const deleted = granted(await deleteKeys(names, askOf(ask), ports))
    const along = deleted.mappingIds.length === 0 ? {} : { deleted_jwt_key_mappings: deleted.mappingIds }
    return { deleted_keys: deleted.names.map(unspoken), ...along }
  })

  write('/key/health', 'Whether the calling key works', keyHealthBody, async (ask) => {
    await readOptionalJson(ask)
    // Who gets this far was let in, and keys have no destinations of their own for logs that could be tried.
    return { key: 'healthy', logging_callbacks: null }
  })

  write('/key/block', 'Block a key', blockBody, (ask) => switchKey(ask, true))
  write('/key/unblock', 'Unblock a key', blockBody, (ask) => switchKey(ask, false))
  write('/key/report_leaked', 'Report secrets that were found in the open', leakedBody, async (ask) => ({
    received: granted(await reportLeaked(shaped(leakedBody, await readJson(ask)), askOf(ask), ports)),
  }))

  write('/key/regenerate', 'Give a key a new secret', regenerateBody, (ask) => regenerate(ask, undefined))
  write('/key/:key/regenerate', 'Give a key a new secret', regenerateBody, (ask) => {
    const { key } = paramsOf(ask)
    refuseSecretInUrl(key, strictNoSecretsInUrl)
    return regenerate(ask, key)
  })

  write('/key/:key/reset_spend', 'Set what a key has spent', resetSpendBody, async (ask) => {
    const { key: name } = paramsOf(ask)
    refuseSecretInUrl(name, strictNoSecretsInUrl)
    const { reset_to: to } = shaped(resetSpendBody, await readJson(ask))
    const { key, previous } = granted(await resetSpend(name, to, askOf(ask), ports))
    const { max_budget, budget_reset_at } = renderLimits(key.row.limits, ports.clock.now())
    return {
      key_hash: key.row.digest,
      spend: usdNumber(key.spend),
      previous_spend: usdNumber(previous),
      max_budget,
      budget_reset_at,
    }
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/info'],
    summary: 'Look at a key',
    query: keyInfoQuery,
    answer: async (ask) => {
      const { key: name } = shapedQuery(keyInfoQuery, ask.request)
      refuseSecretInUrl(name, strictNoSecretsInUrl)
      const key = granted(await readKey(name, askOf(ask), ports))
      // AC-045: a key that was named in full is not said back.
      return {
        key: name === undefined || isRawKey(name) ? key.row.digest : name,
        info: renderKey(key, ports.clock.now()),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/list'],
    summary: 'List keys',
    query: keyListQuery,
    answer: async (ask) => {
      const query = shapedQuery(keyListQuery, ask.request)
      refuseSecretInUrl(query.key, strictNoSecretsInUrl)
      const { rows, total } = granted(await readKeyPage(query, askOf(ask), ports))
      return {
        keys: query.isFull
          ? rows.map((row) => (query.withUser ? renderOwnedKey : renderNamedKey)(row, ports.clock.now()))
          : rows.map(({ row }) => row.digest),
        total_count: total,
        current_page: query.page,
        total_pages: Math.ceil(total / query.size),
      }
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/key/aliases'],
    summary: 'List the names of keys',
    query: keyAliasesQuery,
    answer: async (ask) => {
      const query = shapedQuery(keyAliasesQuery, ask.request)
      return renderAliases(await listAliases(query, askOf(ask), ports), query.page)
    },
  })

  async function switchKey(ask: PlainAsk, blocked: boolean): Promise<object> {
    const { key } = shaped(blockBody, await readJson(ask))
    const row = granted(await setBlocked(key, blocked, askOf(ask), ports))
    return { ...renderNamedKey(await withSpend(row, ports), ports.clock.now()), blocked }
  }

  async function regenerate(ask: PlainAsk, inPath: string | undefined): Promise<object> {
    const body = granted(decideKeyFields(await readOptionalJson(ask), 'update'))
    const { key: inBody, newMasterKey, order } = shaped(regenerateBody, body)
    if (newMasterKey !== undefined) {
      throw new Problem('bad-request', '`new_master_key`: the master key is changed in the configuration, not here.')
    }
    const name = inPath ?? inBody
    if (name === undefined) throw new Problem('bad-request', 'No key passed in.')
    if (inBody !== undefined && inBody !== name)
      throw new Problem('bad-request', 'The path and the body name different keys.')
    const issued = granted(await rotateKey(name, order, askOf(ask), ports))
    return renderIssuedKey(issued, ports.clock.now())
  }

  function write(path: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer })
  }
}

/** Which of several entries a refusal is about. */
function saidOf<Value>(entry: string, decision: Decision<Value>): Decision<Value> {
  return decision.verdict === 'allow'
    ? decision
    : { ...decision, say: `${entry}: ${decision.say ?? PROBLEMS[decision.problem].say}` }
}

function paramsOf({ request }: PlainAsk): { readonly key: string } {
  const { params } = request
  if (typeof params !== 'object' || params === null || !('key' in params) || typeof params.key !== 'string') {
    throw new Problem('fault')
  }
  return { key: params.key }
}
