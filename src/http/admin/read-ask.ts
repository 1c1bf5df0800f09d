import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { describeIssues } from '../../contract/describe-issues.ts'
import type { IssueDetail } from '../../contract/describe-issues.ts'
import { deny } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import { actorName } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import { MANAGEMENT_BOUNDS, parseBody } from '../../journey/1-intake/parse-body.ts'
import { isRawKey } from '../../manage/name-key.ts'
import type { Actor } from '../../manage/ports.ts'
import { granted, plainRoute } from '../route.ts'
import type { EdgePorts, PlainAsk, PlainRoute } from '../route.ts'
import { readQuery } from '../wire/read-query.ts'

/** A body or query of the wrong shape, as clients read it: status 422 and a list of places. */
class WrongShape extends Error {
  readonly issues: readonly IssueDetail[]

  constructor(issues: readonly IssueDetail[]) {
    super('wrong shape')
    this.issues = issues
  }
}

/** A plain route whose body or query has a schema. */
export function schemaRoute(app: FastifyInstance, edge: EdgePorts, route: PlainRoute): void {
  plainRoute(app, edge, {
    ...route,
    answer: async (ask) => {
      try {
        return await route.answer(ask)
      } catch (error) {
        if (!(error instanceof WrongShape)) throw error
        edge.observer.refused(deny('body-invalid', 'param_type'), {
          callId: ask.request.callId,
          route: route.paths[0] ?? '',
          status: 422,
        })
        ask.reply.code(422)
        return { detail: error.issues }
      }
    },
  })
}

export async function readJson(ask: PlainAsk): Promise<JsonObject> {
  return granted(parseBody(await ask.readBody(), MANAGEMENT_BOUNDS)).value
}

/** No body at all is an empty one. */
export async function readOptionalJson(ask: PlainAsk): Promise<JsonObject> {
  const text = await ask.readBody()
  return text.trim() === '' ? {} : granted(parseBody(text, MANAGEMENT_BOUNDS)).value
}

export function shaped<Shape extends z.ZodType>(schema: Shape, body: JsonObject): z.output<Shape> {
  return check(schema, body, 'body')
}

export function shapedQuery<Shape extends z.ZodType>(schema: Shape, request: FastifyRequest): z.output<Shape> {
  return check(schema, Object.fromEntries(readQuery(request)), 'query')
}

/** K-04: keys in URLs end up in the logs of others; the operator may forbid them. */
export function refuseSecretInUrl(name: string | undefined, isStrict: boolean): void {
  if (isStrict && name !== undefined && isRawKey(name)) {
    throw new Problem(
      'bad-request',
      'Keys in URLs are switched off (`strict_no_secrets_in_url`). Name the key by its hash.',
    )
  }
}

const LONGEST_ACTOR = 255

export function actorOf({ principal, request }: PlainAsk): Actor {
  const said = request.headers['litellm-changed-by']
  const onBehalfOf = typeof said === 'string' ? said.replaceAll(/[^\u0020-\u007e]/g, '?').slice(0, LONGEST_ACTOR) : ''
  return { name: actorName(principal), onBehalfOf: onBehalfOf === '' ? undefined : onBehalfOf }
}

function check<Shape extends z.ZodType>(schema: Shape, input: unknown, place: 'body' | 'query'): z.output<Shape> {
  const result = schema.safeParse(input)
  if (!result.success) throw new WrongShape(describeIssues(result.error.issues, place, input))
  return result.data
}
