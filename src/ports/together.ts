/**
 * Ends this turn of the event loop, and goes on with everybody who has come here in it: all take their next step, one after
 * the other, then all the one after that. A step finds its code and its data in the processor's caches when another one has
 * just taken it; calls that are carried one by one find there what the kernel and the connections left.
 */
export type Together = () => Promise<void>
