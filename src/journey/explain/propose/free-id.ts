/** What can be given to something new: the wanted id, else the same with a number. */
export async function freeId<Id>(
  like: string,
  parse: (text: string) => Id | undefined,
  find: (id: Id) => Promise<unknown>,
): Promise<Id | undefined> {
  for (let number = 1; number < MOST_NUMBERS; number += 1) {
    const id = parse(number === 1 ? like : `${like}-${number}`)
    if (id !== undefined && (await find(id)) === undefined) return id
  }
  return undefined
}

const MOST_NUMBERS = 10
