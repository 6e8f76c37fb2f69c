/**
 * The example programs as data: what to run, with what input, and what a run gives. Reads
 * `cases.json` beside this file; knows nothing of recording or replaying.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** How a run can end: its exit code, 134 after a trap, `hang` when it never returns. */
type CaseExit = number | 'hang';

/** What a run under plain `node:wasi` gave. Hashes are the first 16 hex digits of a SHA-256. */
interface CaseExpectation {
  /** Every ending that was seen; more than one for a flaky program. */
  readonly exits: readonly CaseExit[];
  /** Hash of stdout (up to the kill, for a hang); absent where it varies. */
  readonly stdout?: string;
  /** Hash of each file that the run created or changed, by guest path. */
  readonly out?: Readonly<Record<string, string>>;
  /** Number of WASI calls; absent where it varies or the run has no end. */
  readonly calls?: number;
}

/** One program with one input. All host paths are absolute. */
export interface ExampleCase {
  /** Program and build, e.g. `heapsmash-O0g`. */
  readonly name: string;
  readonly wasm: string;
  /** The bug in a sentence; for a program from elsewhere, its origin. */
  readonly about: string;
  /** Guest folder → host folder to copy first, since the program writes there or may. */
  readonly copy: Readonly<Record<string, string>>;
  /** Guest folder → host folder that may be used in place. */
  readonly ro: Readonly<Record<string, string>>;
  /** The file to give as stdin; undefined for empty input. */
  readonly stdin: string | undefined;
  /** Arguments after argv[0]. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Seconds after which a run that has no end is to be stopped. */
  readonly timeout: number | undefined;
  /** True where two runs may differ. */
  readonly flaky: boolean;
  readonly expect: CaseExpectation;
}

/** A case as `cases.json` holds it: paths relative to that file, most fields optional. */
interface ListedCase {
  readonly name: string;
  readonly wasm: string;
  readonly bug?: string;
  readonly origin?: string;
  readonly copy?: Readonly<Record<string, string>>;
  readonly ro?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly flaky?: boolean;
  readonly expect: CaseExpectation;
}

/** The example programs of this folder. */
export function exampleCases(): ExampleCase[] {
  return casesOf(join(import.meta.dirname, 'cases.json'));
}

/**
 * The cases of any file in the format of `cases.json`.
 *
 * @param file path of the JSON file; the paths in it are relative to its folder
 */
export function casesOf(file: string): ExampleCase[] {
  const listed: ListedCase[] = JSON.parse(readFileSync(file, 'utf8'));
  const folder = dirname(resolve(file));
  return listed.map((one) => ({
    name: one.name,
    wasm: join(folder, one.wasm),
    about: one.bug ?? one.origin ?? '',
    copy: inFolder(folder, one.copy),
    ro: inFolder(folder, one.ro),
    stdin: one.stdin === undefined ? undefined : join(folder, one.stdin),
    args: one.args ?? [],
    env: one.env ?? {},
    timeout: one.timeout,
    flaky: one.flaky ?? false,
    expect: one.expect,
  }));
}

function inFolder(
  folder: string,
  paths: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(paths).map(([guest, host]) => [guest, join(folder, host)]),
  );
}
