/** So many entries. The option `max` says the same, and takes the memory of a full cache when an empty one is made. */
export function upTo(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => 1 } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
