/** A whole program with its input: what tests and benchmarks run. Knows nothing of how it is run. */
import { cpSync } from 'node:fs';
import type { ExampleCase } from '../../examples/cases.ts';

export interface Program {
  readonly name: string;
  readonly wasm: string;
  /** argv[0]; the file name of `wasm` by default. */
  readonly argv0?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Guest folder → what puts its files into an empty host folder. */
  readonly folders: Readonly<Record<string, (folder: string) => void>>;
  /** The file to give as stdin; empty input by default. */
  readonly stdin: string | undefined;
  /** Milliseconds after which a program that has no end is ended. */
  readonly timeoutMs: number | undefined;
  /** Two runs may do different things. */
  readonly flaky: boolean;
  /** What differs in the output of any two runs, such as times. */
  readonly varying: RegExp | undefined;
  /** A whole-memory comparison at every call would take more than a minute. */
  readonly large: boolean;
}

/** Everything that a program need not say. */
export const ORDINARY = {
  args: [],
  env: {},
  folders: {},
  stdin: undefined,
  timeoutMs: undefined,
  flaky: false,
  varying: undefined,
  large: false,
} as const;

/** Fills a folder with a copy of another. */
export function copyOf(source: string): (folder: string) => void {
  return (folder) => cpSync(source, folder, { recursive: true, dereference: true });
}

/** An example as a program. Folders are always copied, so that they can be taken away. */
export function programOf(one: ExampleCase): Program {
  const folders = { ...one.copy, ...one.ro };
  return {
    ...ORDINARY,
    name: one.name,
    wasm: one.wasm,
    args: one.args,
    env: one.env,
    stdin: one.stdin,
    flaky: one.flaky,
    timeoutMs: one.timeout === undefined ? undefined : Math.min(one.timeout * 1000, 1500),
    folders: Object.fromEntries(
      Object.entries(folders).map(([guest, host]) => [guest, copyOf(host)]),
    ),
  };
}
