import type { JsonObject } from '../../src/domain/json.ts'
import { OPERATIONS } from '../../src/journey/1-intake/operations.ts'
import type { OperationName } from '../../src/journey/1-intake/operations.ts'
import { NO_CONTROLS } from '../../src/journey/1-intake/read-controls.ts'
import type { ModelAsk } from '../../src/journey/1-intake/read-model-request.ts'

/** A call of model `m` with this body, as intake reads it. */
export function makeAsk(operation: OperationName, body: JsonObject): ModelAsk {
  const forwarded = Object.entries(body).map(([name, value]) => ({ name, text: `"${name}": ${JSON.stringify(value)}` }))
  return {
    operation: OPERATIONS[operation],
    model: 'm',
    stream: false,
    wantsStreamUsage: false,
    body,
    forwarded,
    controls: NO_CONTROLS,
    attribution: { endUserId: undefined, tags: [], sessionId: undefined, metadata: {} },
    promptText: '',
  }
}
