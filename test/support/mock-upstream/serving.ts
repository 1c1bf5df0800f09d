import type { ServerResponse } from 'node:http'
import type { Ask } from './ask.ts'
import type { Bill } from './bill.ts'
import { replyToChat } from './chat.ts'
import { replyToCompletion } from './completions.ts'
import { replyToImages } from './images.ts'
import { replyToEmbeddings, replyToModeration } from './plain-replies.ts'
import type { Reply } from './reply.ts'
import { replyToResponse } from './responses.ts'
import type { Script } from './script.ts'
import type { Progress } from './send.ts'
import { sendReply } from './send.ts'
import { StoredResponses } from './stored-responses.ts'

const ID_PREFIX: Readonly<Record<string, string>> = {
  'chat/completions': 'chatcmpl',
  completions: 'cmpl',
  embeddings: 'emb',
  'images/generations': 'img',
  moderations: 'modr',
  responses: 'resp',
}

/** Serves the calls that cost money, and writes the bill when their connection is done with them. */
export class Serving {
  readonly responses = new StoredResponses()
  readonly #bill: Bill
  readonly #origin: () => string
  #served = 0

  /** `origin` is part of every id, so that the ids of two mocks differ. */
  constructor(bill: Bill, origin: () => string) {
    this.#bill = bill
    this.#origin = origin
  }

  async serve(response: ServerResponse, ask: Ask, script: Script): Promise<void> {
    this.#served += 1
    const id = `${ID_PREFIX[ask.operation]}-${this.#origin()}-${this.#served}`
    const reply = this.#replyTo(id, ask, script)
    const progress: Progress = { chunksSent: 0, tokensSent: 0, wasCut: false }
    response.once('close', () => this.#charge(response, reply, ask, progress))
    await sendReply(response, reply, script, progress)
  }

  #replyTo(id: string, ask: Ask, script: Script): Reply {
    switch (ask.operation) {
      case 'completions':
        return replyToCompletion(id, ask, script)
      case 'embeddings':
        return replyToEmbeddings(id, ask, script)
      case 'images/generations':
        return replyToImages(id, ask, script)
      case 'moderations':
        return replyToModeration(id, ask)
      case 'responses': {
        const reply = replyToResponse(id, ask, script)
        this.responses.keep(id, reply.finished, ask.body)
        return reply
      }
      default:
        return replyToChat(id, ask, script)
    }
  }

  #charge(response: ServerResponse, reply: Reply, ask: Ask, progress: Progress): void {
    const { user } = ask.body
    this.#bill.add({
      responseId: reply.id,
      operation: ask.operation,
      model: ask.model,
      user: typeof user === 'string' ? user : undefined,
      promptTokens: reply.promptTokens,
      cachedTokens: reply.cachedTokens,
      completionTokens: progress.tokensSent,
      stream: ask.stream,
      outcome: outcomeOf(response, progress),
      chunksSent: progress.chunksSent,
    })
  }
}

function outcomeOf(response: ServerResponse, progress: Progress): 'sent' | 'aborted-by-caller' | 'cut-by-provider' {
  if (progress.wasCut) return 'cut-by-provider'
  return response.writableFinished ? 'sent' : 'aborted-by-caller'
}
