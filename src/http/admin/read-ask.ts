import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { describeIssues } from '../../contract/describe-issues.ts'
import type { IssueDetail } from '../../contract/describe-issues.ts'
import { deny } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import { Problem } from '../../domain/problem.ts'
import { storableText } from '../../domain/storable-text.ts'
import { MANAGEMENT_BOUNDS, parseBody } from '../../journey/1-intake/parse-body.ts'
import { isRawKey } from '../../manage/keys/name-key.ts'
import type { Ask } from '../../manage/ports.ts'
import { reachOn } from '../../journey/4-authorise/decide-route.ts'
import { originOf } from '../origin.ts'
import { granted, openRoute, plainRoute } from '../route.ts'
import type { EdgePorts, OpenAsk, OpenRoute, PlainAsk, PlainRoute } from '../route.ts'
import { readQuery } from '../wire/read-query.ts'
import { storeProblemOf } from './store-problem.ts'

/** A body or query of the wrong shape, as clients read it: status 422 and a list of places. */
class WrongShape extends Error {
  readonly issues: readonly IssueDetail[]

  constructor(issues: readonly IssueDetail[]) {
    super('wrong shape')
    this.issues = issues
  }
}

/** A plain route with schemas of what it takes; the page of the API is made from them. */
export type DescribedRoute = PlainRoute

/** A plain route whose body or query has a schema. */
export function schemaRoute(app: FastifyInstance, edge: EdgePorts, route: DescribedRoute): void {
  plainRoute(app, edge, { ...route, answer: (ask) => answerShaped(ask, edge, () => route.answer(ask)) })
}

/** The same for a route without a credential. */
export function openSchemaRoute(app: FastifyInstance, edge: EdgePorts, route: OpenRoute): void {
  openRoute(app, edge, { ...route, answer: (ask) => answerShaped(ask, edge, () => route.answer(ask)) })
}

async function answerShaped(ask: OpenAsk, edge: EdgePorts, answer: () => Promise<unknown>): Promise<unknown> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof WrongShape)) throw storeProblemOf(error) ?? error
    edge.observer.refused(deny('body-invalid', 'param_type'), {
      callId: ask.request.callId,
      route: ask.route.path,
      status: 422,
    })
    ask.reply.code(422)
    return { detail: error.issues }
  }
}

export async function readJson(ask: OpenAsk): Promise<JsonObject> {
  return granted(parseBody(await ask.readBody(), MANAGEMENT_BOUNDS)).value
}

/** No body at all is an empty one. */
export async function readOptionalJson(ask: PlainAsk): Promise<JsonObject> {
  const text = await ask.readBody()
  return text.trim() === '' ? {} : granted(parseBody(text, MANAGEMENT_BOUNDS)).value
}

/** `at`: where it stands in the body, if it is not the whole of it. */
export function shaped<Shape extends z.ZodType>(
  schema: Shape,
  body: JsonObject,
  at: IssueDetail['loc'] = [],
): z.output<Shape> {
  return check(schema, body, ['body', ...at])
}

/** What is asked for is compared with what is stored, which holds no NUL. */
export function shapedQuery<Shape extends z.ZodType>(schema: Shape, request: FastifyRequest): z.output<Shape> {
  const asked = [...readQuery(request)].map(([name, value]) => [name, storableText(value)] as const)
  return check(schema, Object.fromEntries(asked), ['query'])
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

/** Who asks for what, for a verb to decide and for the audit log to tell. */
export function askOf(ask: PlainAsk): Ask {
  const { principal, route } = ask
  const reach = reachOn(principal, route.row)
  // The route was granted, so there is a reach on it; without one the answer can only be no.
  if (reach === 'none') throw new Problem('admin-only', undefined, { because: 'authz_role' })
  return { principal, reach, origin: originOf(ask) }
}

function check<Shape extends z.ZodType>(schema: Shape, input: unknown, place: IssueDetail['loc']): z.output<Shape> {
  const result = schema.safeParse(input)
  if (!result.success) throw new WrongShape(describeIssues(result.error.issues, place, input))
  return result.data
}
