/** Freezes objects and lists all the way down. Maps are left: their type is read-only, and they cannot be frozen. */
export function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Map || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) freezeDeep(member)
  return value
}
