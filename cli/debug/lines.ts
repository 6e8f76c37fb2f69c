/** Where the debugger's commands come from: a terminal, a pipe, or what the command line names. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf, WasiRrError } from '../../index.ts';

export const PROMPT = '(wasi-rr) ';

export interface CommandLines {
  /** Whether a person types them. */
  readonly interactive: boolean;
  readonly lines: AsyncIterable<string> | Iterable<string>;
  /** Asks for the next line. */
  readonly ask: () => void;
  readonly close: () => void;
}

/** Lines of files and of the command line, in that order. @throws WasiRrError OPTION_INVALID */
export function scriptLines(files: readonly string[], lines: readonly string[]): CommandLines {
  const all = files.flatMap((file) => readScript(file).split('\n'));
  return { interactive: false, lines: [...all, ...lines], ask: () => {}, close: () => {} };
}

/**
 * Lines of standard input.
 * @param onInterrupt Ctrl-C in a terminal, which ends nothing by itself
 * @param complete what Tab makes of the line up to the cursor
 */
export function inputLines(
  onInterrupt: () => void,
  complete: (line: string) => Promise<[string[], string]>,
): CommandLines {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const reader = createInterface({
    input: process.stdin,
    ...(interactive && { output: process.stdout, completer: completer(complete) }),
    terminal: interactive,
    prompt: PROMPT,
    historySize: 1000,
  });
  reader.on('SIGINT', onInterrupt);
  return {
    interactive,
    // from now on: what is read before someone listens would be lost
    lines: reader[Symbol.asyncIterator](),
    ask: () => {
      if (interactive) reader.prompt();
    },
    close: () => reader.close(),
  };
}

function completer(complete: (line: string) => Promise<[string[], string]>) {
  return (line: string, done: (error: null, found: [string[], string]) => void) => {
    void complete(line).then((found) => done(null, found));
  };
}

/** @throws WasiRrError OPTION_INVALID */
export function readScript(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WasiRrError('OPTION_INVALID', `${file} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
