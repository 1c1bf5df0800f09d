/** What a store without an administrator has to be told to do for itself. */
export interface StoreUpkeep {
  /** Tends the table that needs it most, and names it. Undefined: none does. */
  tendOne(): Promise<string | undefined>
}
