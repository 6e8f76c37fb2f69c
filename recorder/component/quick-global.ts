/**
 * What jco's generated code gets for the global object: all that it looks for there. Some twenty times a call it asks
 * whether it is to log, in `process.env`, where each look takes 0.14 µs: of 400,000 calls that was 1 s of 2.4.
 */
export function quickGlobal(webAssembly: typeof WebAssembly): object {
  const { JCO_DEBUG } = process.env;
  return { WebAssembly: webAssembly, process: { env: { JCO_DEBUG } } };
}
