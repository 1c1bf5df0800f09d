import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Deployment, HttpTarget } from '../../domain/deployment.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { shown } from '../../domain/shown-text.ts'
import { decideModelAccess } from '../4-authorise/decide-model-access.ts'
import { findNamedModels, withName } from './named-models.ts'

/** A model as a session knows it: the client's name for it, and where it leads. */
export interface ServedModel {
  readonly asked: string
  readonly model: ResolvedModel
  readonly deployment: Deployment
  readonly upstreamModel: string
}

const OF_THE_SESSION = 'session.model'

/**
 * Z-32: which models a session may use beside the one that it was opened for. Names that the client chooses become those
 * of the upstream on their way there, and the client's own on their way back.
 */
export class SessionModels {
  readonly #opened: ServedModel
  readonly #openedAs: string
  #current: ServedModel
  #transcriber: ServedModel | undefined
  /** By the upstream's name. */
  readonly #known = new Map<string, ServedModel>()

  /** `openedAs`: the name that was asked for; a fallback may have answered. */
  constructor(opened: ServedModel, openedAs: string) {
    this.#opened = opened
    this.#openedAs = openedAs
    this.#current = opened
    this.#known.set(opened.upstreamModel, opened)
  }

  /** What answers now. */
  get current(): ServedModel {
    return this.#current
  }

  /** What writes down the client's sound. */
  get transcriber(): ServedModel {
    return this.#transcriber ?? this.#current
  }

  /** The event as it may go upstream. */
  decide(event: JsonObject, principal: Principal, catalogue: ModelCatalogue): Decision<JsonObject> {
    let renamed = event
    for (const { path, name } of findNamedModels(event)) {
      if (typeof name !== 'string') return deny('bad-request', 'param_type', '`model` must be the name of a model.')
      const served = this.#find(name, principal, catalogue)
      if (served.verdict === 'deny') return served
      const mayDiffer = path[0] === 'session'
      if (path.at(-2)?.endsWith('transcription') === true) this.#transcriber = served.granted
      if (!mayDiffer && served.granted.upstreamModel !== this.#current.upstreamModel) return ELSEWHERE
      this.#known.set(served.granted.upstreamModel, served.granted)
      renamed = withName(renamed, path, served.granted.upstreamModel)
    }
    return allow(renamed)
  }

  /** The event as the client may see it; the upstream's word on the session's model is what counts. */
  show(event: JsonObject): JsonObject {
    let renamed = event
    for (const { path, name } of findNamedModels(event)) {
      const served = typeof name === 'string' ? this.#known.get(name) : undefined
      const isOfSession = path.join('.') === OF_THE_SESSION
      if (isOfSession && served !== undefined) this.#current = served
      const known = served ?? (isOfSession ? this.#current : undefined)
      if (known !== undefined) renamed = withName(renamed, path, known.asked)
    }
    return renamed
  }

  #find(name: string, principal: Principal, catalogue: ModelCatalogue): Decision<ServedModel> {
    const { asked, model, upstreamModel, deployment } = this.#current
    if (name === asked || name === model.group || name === upstreamModel) return allow(this.#current)
    if (name === this.#openedAs) return allow(this.#opened)
    const access = decideModelAccess(principal, name, catalogue)
    if (access.verdict === 'deny') return access.problem === 'model-unknown' ? unknown(name) : access
    const here = access.granted.deployments.find((other) => isSameDoor(other, deployment))
    if (here === undefined) return ELSEWHERE
    const served = { asked: name, model: access.granted, deployment: here }
    return allow({ ...served, upstreamModel: upstreamModelFor(here, access.granted) })
  }
}

/** What the session said its model was; the price may be found by it. */
export function reportedModel(event: JsonObject): string | undefined {
  const session = event['session']
  const model = isObject(session) ? session['model'] : undefined
  return typeof model === 'string' ? model : undefined
}

const ELSEWHERE = deny(
  'bad-request',
  'param_type',
  'This model is not to be had in this session. Open another one for it.',
)

function unknown(name: string): ReturnType<typeof deny> {
  return deny(
    'model-unknown',
    'model_unknown',
    `/realtime: Invalid model name passed in model=${shown(name)}. Call \`/v1/models\` to view available models for your key.`,
  )
}

/** One session speaks to one address with one credential. */
function isSameDoor({ target: one }: Deployment, { target: other }: Deployment): boolean {
  return one.kind === 'http' && other.kind === 'http' && doorOf(one) === doorOf(other)
}

function doorOf({ wire, host, origin, basePath, apiVersion, apiKey, headers }: HttpTarget): string {
  const own = [...headers].map(([name, secret]) => [name, secret.reveal()])
  return JSON.stringify([wire, host, origin, basePath, apiVersion, apiKey?.reveal(), own])
}
