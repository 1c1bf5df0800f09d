/**
 * Ends this turn of the event loop and begins again in a later one. Of all that wait for it only one goes on per turn,
 * so that any number of long jobs together hold the others up no longer than a single piece of one.
 */
export type NextTurn = () => Promise<void>
