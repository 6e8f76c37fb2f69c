/** The way into the terminal debugger. Loads Ink and React only when it is used. */

import type { PathChange } from './source/source-files.ts';

export interface TuiOptions {
  /** Follow a recording in progress from the start. */
  readonly follow: boolean;
  /** Folders of source files. */
  readonly sources: readonly string[];
  /** Beginnings of their paths that are others here. */
  readonly moved?: readonly PathChange[] | undefined;
}

/**
 * Shows a trace until the user quits. Needs a terminal on standard input and output: without one, print
 * what `log` prints instead.
 * @returns the process's exit status: 0, 128+n after signal n, or 1 after a crash, which is told on stderr
 * @throws WasiRrError for a trace that cannot be opened at all, before the screen is touched
 */
export async function runTui(path: string, options: TuiOptions): Promise<number> {
  // before React is loaded: its development build takes half as long again for a frame
  process.env.NODE_ENV ??= 'production';
  // Node prints its warnings into whatever is on the screen
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  try {
    const { run } = await import('./run.ts');
    return await run(path, options);
  } finally {
    for (const listener of listeners) process.on('warning', listener);
  }
}
