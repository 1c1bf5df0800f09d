/** One request, read as a provider reads it. */
export interface Ask {
  readonly operation: string
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly body: Readonly<Record<string, unknown>>
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** `undefined` for anything but a JSON object. */
export function parseBody(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function readAsk(
  operation: string,
  modelInPath: string | undefined,
  body: Readonly<Record<string, unknown>>,
): Ask {
  const options = body['stream_options']
  const named = typeof body['model'] === 'string' ? body['model'] : ''
  return {
    operation,
    model: modelInPath ?? named,
    stream: body['stream'] === true,
    includeUsage: isRecord(options) && options['include_usage'] === true,
    body,
  }
}

/** Every text in a message's content, an input item or a prompt, in order. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (!isRecord(value)) return []
  if (typeof value['text'] === 'string') return [value['text']]
  if (typeof value['output'] === 'string') return [value['output']]
  return textsOf(value['content'])
}

/** The function names that the request offers, in chat form (`function.name`) or Responses form (`name`). */
export function toolNamesOf(body: Readonly<Record<string, unknown>>): readonly string[] {
  return listOf(body['tools']).flatMap((tool) => {
    if (!isRecord(tool)) return []
    const named = isRecord(tool['function']) ? tool['function'] : tool
    return typeof named['name'] === 'string' ? [named['name']] : []
  })
}

/** True when a tool has just answered, so that a model would now speak. */
export function endsWithToolResult(body: Readonly<Record<string, unknown>>): boolean {
  const last = [...listOf(body['messages']), ...listOf(body['input'])].at(-1)
  return isRecord(last) && (last['role'] === 'tool' || last['type'] === 'function_call_output')
}
