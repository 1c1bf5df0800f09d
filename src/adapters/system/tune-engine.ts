import { setFlagsFromString } from 'node:v8'

/** What a server wants of V8 that a program does not. To be called before anything else runs. */
export function tuneEngine(): void {
  // Left alone for a while, V8 collects so thoroughly that hidden classes and the compiled code that relies on them go, and
  // the first thousands of requests after a silence pay for both again.
  setFlagsFromString('--memory-reducer-gc-count=0')
  // V8 makes objects old from birth where those of the same line of code have often lived long. Here that is chance, and
  // then whatever such an object points to, a whole call, waits for the next great collection, which comes all the sooner.
  setFlagsFromString('--no-allocation-site-pretenuring')
}
