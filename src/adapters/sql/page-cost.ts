/**
 * What plans count for a page out of turn, against 1 for one in turn: nearly as little, because it is in memory or on a disk
 * without arms. Otherwise lists read whole tables where an index holds all that they need.
 */
export const RANDOM_PAGE_COST = 1.1
