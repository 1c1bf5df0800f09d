import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { nearestName } from '../../config/nearest-name.ts'
import { explainBody } from '../../contract/explain.ts'
import { parseKeyDigest, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { Problem } from '../../domain/problem.ts'
import { CREDENTIAL_HEADERS } from '../../journey/2-authenticate/find-credential.ts'
import { reachOn } from '../../journey/4-authorise/decide-route.ts'
import { explain } from '../../journey/explain/explain.ts'
import type { ExplainedCall, Subject } from '../../journey/explain/scene.ts'
import type { Operation } from '../../journey/1-intake/operations.ts'
import { isRawKey } from '../../manage/keys/name-key.ts'
import { granted } from '../route.ts'
import type { ApiRoute, EdgePorts } from '../route.ts'
import { findRoute } from './find-route.ts'
import { readJson, schemaRoute, shaped } from './read-ask.ts'
import { renderExplanation } from './render-explanation.ts'

type Body = z.output<typeof explainBody>

/** "What would happen if": asks the journey, and does nothing. */
export function explainRoutes(app: FastifyInstance, edge: EdgePorts): void {
  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/authz/explain'],
    summary: 'Explain what would become of a call, and with which change it would be allowed',
    body: explainBody,
    answer: async (ask) => {
      const body = shaped(explainBody, await readJson(ask))
      const reach = reachOn(ask.principal, ask.route.row)
      const isAdministrator = reach !== 'none' && reach.scope === 'all'
      const { callId } = ask.request
      const explained = await explain(
        {
          asker: ask.principal,
          isAdministrator,
          subject: subjectOf(body),
          call: callOf(body, edge.described),
          callId,
        },
        { ...edge.journey, nearest: nearestName },
      )
      return renderExplanation(granted(explained), callId, isAdministrator)
    },
  })
}

function subjectOf({ token, claims, issuer, key, userId, teamId }: Body): Subject | undefined {
  if (token !== undefined) return { is: 'credential', text: token }
  if (claims !== undefined && issuer !== undefined) return { is: 'claims', claims, issuer }
  if (key !== undefined) {
    if (isRawKey(key)) return { is: 'credential', text: key }
    const digest = parseKeyDigest(key)
    if (digest === undefined) throw new Problem('bad-request', '`key` must be a key, or the hash of one.')
    return { is: 'key', digest }
  }
  if (userId === undefined) return undefined
  const user = parseUserId(userId)
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  if (user === undefined) throw new Problem('bad-request', '`user_id` is no id that a user can have.')
  if (teamId !== undefined && team === undefined)
    throw new Problem('bad-request', '`team_id` is no id that a team can have.')
  return { is: 'user', userId: user, teamId: team }
}

function callOf({ route: path, method, model, headers, body }: Body, routes: readonly ApiRoute[]): ExplainedCall {
  const { route, operation, pathModel } = findRoute(routes, method, path)
  const isAboutPath = operation !== undefined && route.path.includes('{model}')
  return {
    route: { path: route.path, row: route.row },
    method: route.method,
    operation,
    pathModel: pathModel ?? (isAboutPath ? model : undefined),
    headers: headersOf(headers ?? {}),
    body: operation === undefined ? (body ?? {}) : bodyFor(operation, model, body ?? {}),
  }
}

/** What a call of a model cannot do without is added where it is not said. */
function bodyFor({ subject, name }: Operation, model: string | undefined, body: JsonObject): JsonObject {
  const least = name === 'chat' ? [{ role: 'user', content: 'Hello' }] : 'Hello'
  if (subject === undefined) return { ...body, ...(model === undefined ? {} : { model }) }
  const isSaid = subject.name in body || 'prompt' in body || 'previous_response_id' in body
  return { ...(isSaid ? {} : { [subject.name]: least }), ...body, ...(model === undefined ? {} : { model }) }
}

/** Credentials are said by their own members. */
function headersOf(headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return new Map(lower.filter(([name]) => !CREDENTIAL_HEADERS.some((each) => each === name)))
}
