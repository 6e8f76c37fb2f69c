/** Where a thread's program lies, whether this runs as TypeScript or as built JavaScript. */

/**
 * @param from the `import.meta.url` of a file in the same folder
 * @param name file name without its ending
 */
export function workerUrl(from: string, name: string): URL {
  return new URL(`${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}
