export const LONGEST_NAME = 256

const AWS_ROUTE = /^(?:converse|invoke)\//
const REGION_SEGMENT = /^(?:[a-z]{2}(?:-[a-z]+)+-?\d+|[a-z]{2}|global|global-standard)\//
const AWS_GEOGRAPHY = /^(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|global)\.(?=[a-z0-9-]+\.)/
const AZURE_FAMILY = /^(?:responses|o_series|gpt5_series)\//
const AT_VERSION = /(?<=.)@[^/]*$/
const AWS_VERSION = /-v\d+:\d+$/
const FINE_TUNED = /^(ft:[^:]+):.*$/
const DATE = /-20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$/

/** Which part of a name says where or when and not what, from the outside in. */
const WRAPPINGS: readonly (readonly [RegExp, string])[] = [
  [AZURE_FAMILY, ''],
  [AWS_ROUTE, ''],
  [REGION_SEGMENT, ''],
  [AWS_GEOGRAPHY, ''],
  [FINE_TUNED, '$1'],
  [AT_VERSION, ''],
  [AWS_VERSION, ''],
  [DATE, ''],
]

/** The name itself, then ever plainer forms of it. Names of absurd length have none: they come from outside. */
export function plainerNames(model: string): readonly string[] {
  if (model === '' || model.length > LONGEST_NAME) return []
  const names = new Set([model])
  let name = model
  for (const [wrapping, rest] of WRAPPINGS) {
    name = name.replace(wrapping, rest)
    names.add(name)
  }
  names.delete('')
  return [...names]
}
