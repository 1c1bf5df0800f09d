import { responseOwner, writeResponseId } from '../4-authorise/response-ids.ts'
import { readOrder } from '../5-meter/picture-order.ts'
import { ChatStream } from '../7-provider/openai/chat-stream.ts'
import { PictureStream } from '../7-provider/openai/picture-stream.ts'
import { ResponsesStream } from '../7-provider/openai/responses-stream.ts'
import type { StreamTranslator } from '../7-provider/translate-stream.ts'
import type { Attempt } from './attempt-context.ts'
import type { CallFacts } from './reply-headers.ts'

export function translatorFor(attempt: Attempt, secrets: readonly string[]): StreamTranslator {
  const { ask } = attempt.admission
  switch (ask.operation.streams) {
    case 'typed-events':
      return new ResponsesStream(shownModelOf(attempt), (id) => shownIdOf(attempt, id) ?? id, secrets)
    case 'pictures':
      return new PictureStream(readOrder(ask, attempt.deployment).pictures)
    case 'chat-chunks':
    case 'never':
      return new ChatStream(shownModelOf(attempt), ask.wantsStreamUsage)
  }
}

/** After a fallback the client learns which model answered; else it sees the name that it asked for. */
export function shownModelOf(attempt: Attempt): string {
  return attempt.progress.fallbacks === 0 ? attempt.admission.ask.model : attempt.model.group
}

export function shownIdOf(attempt: Attempt, upstreamId: string | undefined): string | undefined {
  const { admission, deployment, ports } = attempt
  if (upstreamId === undefined || admission.ask.operation.name !== 'responses') return upstreamId
  const stored = { provider: deployment.provider, deploymentId: deployment.id, upstreamId }
  return writeResponseId(stored, responseOwner(admission.principal), ports.signer)
}

export function changesOf(attempt: Attempt, shownId: string | undefined): Map<string, string> {
  const changes = new Map([['model', JSON.stringify(shownModelOf(attempt))]])
  if (attempt.admission.ask.operation.name === 'responses') {
    if (shownId !== undefined) changes.set('id', JSON.stringify(shownId))
    const previous = attempt.admission.ask.body['previous_response_id']
    if (typeof previous === 'string') changes.set('previous_response_id', JSON.stringify(previous))
  }
  return changes
}

export function factsOf(attempt: Attempt): CallFacts {
  const { admission, deployment, model, progress } = attempt
  return {
    callId: admission.callId,
    principal: admission.principal,
    deployment,
    group: model.group,
    rates: admission.rates,
    maxFallbacks: attempt.ports.policy.maxFallbacks,
    showsApiBase: attempt.ports.showsApiBase,
    ...progress,
  }
}
