/** Hears what becomes of the key sets of identity providers. The words are labels, out of closed sets. */
export interface KeySetObserver {
  fetched(outcome: 'keys' | 'unfit' | 'unreachable'): void
  /** A published key was left aside. */
  dropped(why: string): void
}
