import type { z } from 'zod'
import { WHOLE_NUMBER } from './lenient.ts'

/** One entry of the 422 body that clients of the compatible API know. */
export interface IssueDetail {
  readonly type: string
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly input: unknown
}

/** Members that hold credentials are not repeated, not even to who sent them. */
const SECRET =
  /^(?:key|keys|new_key|new_master_key|api_key|key_hash|token|credential_values|litellm_params|password|invitation_link)$/
const LONGEST_INPUT = 200

export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  place: IssueDetail['loc'],
  input: unknown,
): readonly IssueDetail[] {
  return issues.flatMap(unfold).map((issue) => {
    const path = pathIn(input, issue.path)
    const value = valueAt(input, path)
    const isSecret = path.some((part) => SECRET.test(String(part)))
    const { type, msg } = nameIssue(issue, value)
    return { type, loc: [...place, ...path], msg, input: isSecret || type === 'missing' ? {} : shown(value) }
  })
}

/** Of several shapes none of which fits, what is wrong with the one that came furthest, else with the last one. */
function unfold(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const nearest = issue.errors.find(([first]) => (first?.path.length ?? 0) > 0) ?? issue.errors.at(-1) ?? []
  if (nearest.length === 0) return [issue]
  return nearest.flatMap((inner) => unfold({ ...inner, path: [...issue.path, ...inner.path] }))
}

function nameIssue(issue: z.core.$ZodIssue, value: unknown): { type: string; msg: string } {
  if (value === undefined && issue.code !== 'custom') return { type: 'missing', msg: 'Field required' }
  if (issue.code === 'invalid_type') {
    if (issue.expected === 'number') return nameNumber(issue.message, value)
    return TYPES.get(issue.expected) ?? valueError(issue)
  }
  if (issue.code === 'invalid_value') return { type: 'enum', msg: `Input should be ${eitherOf(issue.values)}` }
  if (issue.code === 'too_small' || issue.code === 'too_big') return nameSize(issue)
  return valueError(issue)
}

function nameSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): { type: string; msg: string } {
  const [bound, word, type] =
    issue.code === 'too_small' ? [issue.minimum, 'least', 'too_short'] : [issue.maximum, 'most', 'too_long']
  if (issue.origin === 'string') {
    return { type: `string_${type}`, msg: `String should have at ${word} ${counted(bound, 'character')}` }
  }
  if (issue.origin === 'array') return { type, msg: `List should have at ${word} ${counted(bound, 'item')}` }
  if (issue.code === 'too_small') {
    return { type: 'greater_than_equal', msg: `Input should be greater than or equal to ${issue.minimum}` }
  }
  return { type: 'less_than_equal', msg: `Input should be less than or equal to ${issue.maximum}` }
}

function counted(bound: number | bigint, what: string): string {
  return `${bound} ${what}${Number(bound) === 1 ? '' : 's'}`
}

function nameNumber(expected: string, value: unknown): { type: string; msg: string } {
  const [kind, a, word] = expected === WHOLE_NUMBER ? ['int', 'an', 'integer'] : ['float', 'a', 'number']
  return typeof value === 'string'
    ? { type: `${kind}_parsing`, msg: `Input should be a valid ${word}, unable to parse string as ${a} ${word}` }
    : { type: `${kind}_type`, msg: `Input should be a valid ${word}` }
}

function valueError({ message }: z.core.$ZodIssue): { type: string; msg: string } {
  return { type: 'value_error', msg: `Value error, ${message}` }
}

function eitherOf(values: readonly unknown[]): string {
  const words = values.map((word) => `'${String(word)}'`)
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

const TYPES: ReadonlyMap<string, { type: string; msg: string }> = new Map([
  ['string', { type: 'string_type', msg: 'Input should be a valid string' }],
  ['array', { type: 'list_type', msg: 'Input should be a valid list' }],
  ['record', { type: 'dict_type', msg: 'Input should be a valid dictionary' }],
  ['object', { type: 'dict_type', msg: 'Input should be a valid dictionary' }],
  ['boolean', { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }],
  ['int', { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' }],
])

/** Where a list may be sent as its only entry, the place is told as it was sent. */
function pathIn(input: unknown, steps: readonly PropertyKey[]): readonly (string | number)[] {
  return steps.reduce<readonly (string | number)[]>((path, step) => {
    if (typeof step === 'number') return Array.isArray(valueAt(input, path)) ? [...path, step] : path
    return [...path, String(step)]
  }, [])
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.entries(value).find(([name]) => name === String(part))?.[1]
  }
  return value
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, LONGEST_INPUT)
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : {}
}
