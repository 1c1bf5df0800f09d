import { apiCall } from '../../contract/explanation.ts'
import type { ShownExplanation } from '../../contract/explanation.ts'
import { forTerminal, sentenceForTerminal } from '../for-terminal.ts'

/** An explanation for people: the verdict first, what to do about it last. */
export function renderAnswer(answer: ShownExplanation): string {
  const { verdict, status, reason, message, method, route, steps, principal, provision, settings } = answer
  const why = reason === null ? '' : `, ${reason}`
  return [
    `${verdict === 'allow' ? 'allowed' : 'refused'}: ${method} ${sentenceForTerminal(route)} (${status}${why})`,
    `  ${sentenceForTerminal(message)}`,
    'steps:',
    ...steps.flatMap(stepLines),
    ...(principal === null ? [] : ['caller:', ...memberLines(principal)]),
    ...(provision.length === 0 ? [] : ['would be made:', ...provision.map((each) => `  ${forTerminal(each)}`)]),
    ...(settings.length === 0 ? [] : ['settings that decide:', ...settings.map((name) => `  ${name}`)]),
    ...changeLines(answer),
    `call id: ${sentenceForTerminal(answer.correlation_id)}`,
    '',
  ].join('\n')
}

function stepLines({ step, outcome, reason, inputs }: ShownExplanation['steps'][number]): readonly string[] {
  const why = reason === null ? '' : ` ${reason}`
  return [`  ${outcome === 'allow' ? 'ok  ' : 'DENY'} ${step}${why}`, ...memberLines(inputs, '       ')]
}

function memberLines(members: Readonly<Record<string, unknown>>, indent = '  '): readonly string[] {
  return Object.entries(members)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${indent}${sentenceForTerminal(name)}: ${forTerminal(value)}`)
}

function changeLines({ change, advice }: ShownExplanation): readonly string[] {
  if (change === null) return advice === null ? [] : ['what to do:', `  ${sentenceForTerminal(advice)}`]
  return ['what would allow it:', `  ${sentenceForTerminal(change.say)}`, ...change.steps.map(changeLine)]
}

/** A call of the management API is shown as it is made; the rest as it is told. */
function changeLine(step: NonNullable<ShownExplanation['change']>['steps'][number]): string {
  const call = apiCall.safeParse(step).data?.api
  return call === undefined
    ? `    ${forTerminal(step)}`
    : `    ${sentenceForTerminal(`${call.method} ${call.path}`)} ${forTerminal(call.body)}`
}
