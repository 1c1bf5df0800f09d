/**
 * What Node is given to run the built `latchkey`. V8 rewrites WebAssembly that is called often into faster code: half of what
 * a start of the embedded database costs. A gateway that lives for a few seconds gets nothing back for it, so that it has to
 * be called much more often here; a long test still gets the faster code.
 */
export const BUILT_GATEWAY: readonly string[] = ['--wasm-tiering-budget=1000000000', 'dist/cli.js']
