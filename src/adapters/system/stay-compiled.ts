import { setFlagsFromString } from 'node:v8'

/**
 * Left alone for a while, V8 collects so thoroughly that hidden classes and the compiled code that relies on them go, and
 * the first thousands of requests after a silence pay for both again. A server keeps them.
 */
export function stayCompiled(): void {
  setFlagsFromString('--memory-reducer-gc-count=0')
}
