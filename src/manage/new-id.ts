import type { ManagePorts } from './ports.ts'

/** A fresh id of some kind. What a port makes is printable, or the port is broken. */
export function freshId<Id>(parse: (text: string) => Id | undefined, { newId }: Pick<ManagePorts, 'newId'>): Id {
  const id = parse(newId())
  if (id === undefined) throw new RangeError('an id that is none')
  return id
}
