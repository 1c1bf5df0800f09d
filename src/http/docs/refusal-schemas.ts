import type { JsonObject } from '../../domain/json.ts'

const PROBLEM: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string', description: 'The status, as a text.' },
      },
    },
  },
}

/** Where the compatible API has no `error` around a refusal. */
const DETAIL: JsonObject = {
  type: 'object',
  required: ['detail'],
  properties: {
    detail: {
      anyOf: [{ type: 'string' }, { type: 'object', required: ['error'], properties: { error: { type: 'string' } } }],
    },
  },
}

const WRONG_SHAPE: JsonObject = {
  type: 'object',
  required: ['detail'],
  properties: {
    detail: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'loc', 'msg'],
        properties: {
          type: { type: 'string' },
          loc: { type: 'array', items: { type: ['string', 'integer'] } },
          msg: { type: 'string' },
          input: {},
        },
      },
    },
  },
}

export const REFUSAL_SCHEMAS: JsonObject = { Problem: PROBLEM, Detail: DETAIL, WrongShape: WRONG_SHAPE }

/** What may come instead of an answer, by the names that operations have for it. */
export const REFUSALS: JsonObject = {
  Refused: answer('The caller may not, or is not known.', 'Problem', 'Detail'),
  Malformed: answer('The request is not one that can be understood.', 'Problem', 'Detail'),
  Absent: answer('There is no such object, or none that this caller may know of.', 'Problem', 'Detail'),
  WrongShape: answer('The body or the query has the wrong shape, or names what there is not.', 'WrongShape', 'Problem'),
  Failed: answer('Any other refusal or fault.', 'Problem', 'Detail'),
}

function answer(description: string, ...schemas: readonly string[]): JsonObject {
  return {
    description,
    ...json({ schema: { anyOf: schemas.map((name) => ({ $ref: `#/components/schemas/${name}` })) } }),
  }
}

export function json(content: JsonObject): { readonly content: JsonObject } {
  return { content: { 'application/json': content } }
}
