import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { nearestName } from '../../config/nearest-name.ts'
import { explainBody } from '../../contract/explain.ts'
import { parseKeyDigest, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { SituationPorts } from '../../journey/explain/situation.ts'
import type { PassThrough } from '../../domain/pass-through.ts'
import { Problem } from '../../domain/problem.ts'
import { CREDENTIAL_HEADERS } from '../../journey/2-authenticate/find-credential.ts'
import { reachOn } from '../../journey/4-authorise/decide-route.ts'
import { readPassedRoute } from '../../journey/pass-through/admit-pass-through.ts'
import { explain } from '../../journey/explain/explain.ts'
import type { ExplainedCall, Subject } from '../../journey/explain/scene.ts'
import type { Operation } from '../../journey/1-intake/operations.ts'
import { isRawKey } from '../../manage/keys/name-key.ts'
import { granted } from '../route.ts'
import type { ApiRoute, EdgePorts } from '../route.ts'
import { findRoute, unknownRoute } from './find-route.ts'
import { readJson, schemaRoute, shaped } from './read-ask.ts'
import { renderExplanation } from './render-explanation.ts'

type MakingRules = Pick<SituationPorts, 'keyBounds' | 'userDefaults'>

type Body = z.output<typeof explainBody>

/**
 * "What would happen if": asks the journey, and does nothing. `asksItself`: it is the operator who asks, on the command line;
 * that this route is not among those that are served says nothing about the answer.
 */
export function explainRoutes(
  app: FastifyInstance,
  edge: EdgePorts,
  { asksItself, ...rules }: MakingRules & { readonly asksItself: boolean },
): void {
  schemaRoute(app, asksItself ? servingAll(edge) : edge, {
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
          call: callOf(body, edge),
          callId,
        },
        { ...edge.journey, nearest: nearestName, ...rules },
      )
      return renderExplanation(granted(explained), callId, isAdministrator)
    },
  })
}

function servingAll(edge: EdgePorts): EdgePorts {
  const { settings } = edge.journey
  const routes = { ...settings.routes, served: undefined }
  return { ...edge, journey: { ...edge.journey, settings: { ...settings, routes } } }
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

function callOf(asked: Body, { described, passThroughs }: EdgePorts): ExplainedCall {
  const { route: path, method, model, headers, body } = asked
  const found = findRoute(described, method, path)
  if (found === undefined) return passedCallOf(asked, passThroughs) ?? refuseUnknown(asked, described)
  const { route, operation, pathModel } = found
  const isAboutPath = route.path.includes('{model}')
  return {
    route: { path: route.path, row: route.row },
    method: route.method,
    operation,
    pathModel: pathModel ?? (isAboutPath ? model : undefined),
    headers: headersOf(headers ?? {}),
    body: operation === undefined ? (body ?? {}) : bodyFor(operation, model, body ?? {}),
  }
}

/** A call that goes on to somewhere else; which models it may name is asked when it comes. */
function passedCallOf(
  { route: written, method = 'POST', headers, body }: Body,
  passThroughs: readonly PassThrough[],
): ExplainedCall | undefined {
  const [path = ''] = written.split('?')
  for (const passThrough of passThroughs) {
    const { asksWho, takesSubpaths, methods } = passThrough
    const passed = readPassedRoute({ path, passThrough })
    if (!asksWho || passed.verdict === 'deny' || !methods.some((each) => each === method.toUpperCase())) continue
    const { route, rest } = passed.granted
    if (rest !== '' && !takesSubpaths) continue
    return {
      route,
      method: method.toUpperCase(),
      operation: undefined,
      pathModel: undefined,
      headers: headersOf(headers ?? {}),
      body: body ?? {},
    }
  }
  return undefined
}

function refuseUnknown({ route, method }: Body, routes: readonly ApiRoute[]): never {
  throw unknownRoute(routes, method, route)
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
