/** Where a thread's program lies, whether this runs as TypeScript or as built JavaScript. */

/** @param name path of the program from this folder, without its ending; the build keeps these paths */
export function workerUrl(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}
