import { aClaimPath } from './claim-field.ts'
import { exactText } from './token-readers.ts'
import type { ClaimCondition } from '../../domain/token-settings.ts'
import { honour } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { kindOf, scalarJson } from '../located.ts'
import { aFlag, listOf } from '../readers.ts'
import type { Reader } from '../readers.ts'
import { need, sectionReader } from '../section-reader.ts'

const aValue: Reader<string | number | boolean> = {
  expects: 'text, a number, true or false',
  read: (node, key, findings) => {
    const value = node.kind === 'scalar' ? scalarJson(node) : null
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
    findings.error(node.place, key, `Expected ${aValue.expects}, found ${kindOf(node)}.`)
    return undefined
  },
}

const CONDITION = {
  claim: honour('claim', aClaimPath, 'Which claim.'),
  present: honour('present', aFlag, '`true`: it is there, and not empty.'),
  equals: honour('equals', aValue, 'It is this value.'),
  oneOf: honour('one_of', listOf(aValue), 'It is one of these values.'),
  contains: honour('contains', exactText, 'It is a list that holds this text.'),
}

export const CONDITION_TABLE: KeyTable = {
  section: 'general_settings.litellm_jwtauth.required_claims[]',
  honoured: Object.values(CONDITION),
  moot: {},
  unsupported: {},
}

const ONE_OPERATOR = 'Write exactly one of present: true, equals, one_of and contains.'

/** `{claim, equals: x}` and its kin. */
export const aCondition: Reader<ClaimCondition> = sectionReader(CONDITION_TABLE, (section, findings) => {
  const claim = need(section, CONDITION.claim, findings)
  const present = section.take(CONDITION.present)
  const equals = section.take(CONDITION.equals)
  const oneOf = section.take(CONDITION.oneOf)
  const contains = section.take(CONDITION.contains)
  const operators = [CONDITION.present, CONDITION.equals, CONDITION.oneOf, CONDITION.contains]
  const written = operators.filter(({ name }) => section.node(name) !== undefined)
  if (written.length !== 1 || present === false || oneOf?.length === 0) {
    findings.error(section.place, section.key, 'The condition is not complete.', ONE_OPERATOR)
    return undefined
  }
  if (claim === undefined) return undefined
  if (present === true) return { claim, is: 'present' }
  if (equals !== undefined) return { claim, is: 'equals', value: equals }
  if (oneOf !== undefined) return { claim, is: 'one-of', values: oneOf }
  return contains === undefined ? undefined : { claim, is: 'contains', value: contains }
})
