import { z } from 'zod'

/**
 * Shapes as clients of the compatible API send them: numbers and booleans may come as text, and `null` says no more than
 * absence does.
 */

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...['true', '1', 'yes', 'on', 't', 'y', 1].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off', 'f', 'n', 0].map((word) => [word, false] as const),
])

export const flag = z.preprocess(
  (value) => FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value,
  z.boolean(),
)

/** What is said of a value that is none, so that it can be told from other numbers. */
export const WHOLE_NUMBER = 'a whole number'

function digitsRead(value: unknown): unknown {
  return typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : value
}

export const wholeNumber = z.preprocess(digitsRead, z.number(WHOLE_NUMBER).int())

export function wholeNumberWithin(least: number, most: number) {
  return z.preprocess(digitsRead, z.number(WHOLE_NUMBER).int().min(least).max(most))
}

export const pageNumber = wholeNumberWithin(1, Number.MAX_SAFE_INTEGER)

export function pageSize(most: number) {
  return wholeNumberWithin(1, most)
}

export const text = z.string()
/** Clients that manage whole resources send an empty text for what was never set. */
export const filledText = text.transform((value) => (value === '' ? undefined : value))
export const texts = z.array(text)
export const textMap = z.record(text, text)
export const jsonMap = z.record(text, z.json())

/** Absent, or null: undefined. */
export function optional<Shape extends z.ZodType>(shape: Shape) {
  return shape.nullish().transform((value) => value ?? undefined)
}

/** Absent: undefined. Null: what is empty. */
export function emptiable<Shape extends z.ZodType>(shape: Shape, empty: z.output<Shape>) {
  return shape.nullish().transform((value) => (value === null ? empty : value))
}
