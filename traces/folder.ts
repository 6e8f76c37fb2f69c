/** The trace folder: where traces go, what they are called, which is the latest. */
import { mkdirSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { RING_SUFFIX } from './ring-image.ts';

export const TRACE_SUFFIX = '.wrr';

/** What is kept beside a trace that is being written. */
const LOG_SUFFIXES = ['-wal', '-shm', RING_SUFFIX] as const;

export interface TraceFile {
  readonly path: string;
  readonly name: string;
  /** Bytes, with the write-ahead log of an unfinished one. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** `$WASI_RR_TRACE_DIR`, else `$XDG_DATA_HOME/wasi-rr`, else `~/.local/share/wasi-rr`. */
export function traceFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.WASI_RR_TRACE_DIR) return env.WASI_RR_TRACE_DIR;
  const data = env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  return join(data, 'wasi-rr');
}

/**
 * A path in the folder that no trace has: `<program>-<n>.wrr`, n one above the highest, what is left of a
 * trace that is being removed included. The folder is created. Two recorders may get the same one; creating
 * the file then fails for the second, which asks again.
 * @throws WasiRrError OUTPUT_UNWRITABLE
 */
export function nextTracePath(folder: string, program: string): string {
  const stem = basename(program).replace(/\.wasm$/, '') || 'program';
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    let highest = 0;
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(`${stem}-`)) continue;
      const [, digits] =
        /^(\d{1,15})\.wrr(?:-wal|-shm|-ring)?$/.exec(name.slice(stem.length + 1)) ?? [];
      highest = Math.max(highest, Number(digits ?? 0));
    }
    return join(folder, `${stem}-${highest + 1}${TRACE_SUFFIX}`);
  } catch (cause) {
    throw new WasiRrError(
      'OUTPUT_UNWRITABLE',
      `the trace folder ${folder} cannot be used: ${messageOf(cause)}. Choose another with -o or WASI_RR_TRACE_DIR.`,
      { cause },
    );
  }
}

/**
 * All traces of a folder, the latest first. A folder that does not exist holds none. None is opened: 10,000
 * take 0.1 s.
 * @throws WasiRrError TRACE_UNREADABLE
 */
export function listTraces(folder: string): TraceFile[] {
  return traceFiles(folder).sort(laterFirst);
}

/**
 * The trace that was written last.
 * @throws WasiRrError NO_TRACES, TRACE_UNREADABLE
 */
export function latestTrace(folder: string): string {
  const [first, ...others] = traceFiles(folder);
  if (first === undefined) {
    throw new WasiRrError(
      'NO_TRACES',
      `there are no traces in ${folder}. Record one with \`wasi-rr record program.wasm\`, or name a file.`,
    );
  }
  return others.reduce((a, b) => (laterFirst(a, b) <= 0 ? a : b), first).path;
}

/** Removes a trace with what belongs to it. @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE */
export function removeTrace(path: string): void {
  try {
    // the trace itself last: whoever is killed in between leaves something that can still be seen
    for (const suffix of LOG_SUFFIXES) rmSync(path + suffix, { force: true });
    // not rmSync(): of two that remove it at once, only one may be told that it did
    unlinkSync(path);
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT';
    throw new WasiRrError(
      missing ? 'TRACE_NOT_FOUND' : 'TRACE_UNREADABLE',
      missing ? `there is no trace ${path}.` : `${path} cannot be removed: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

/** In no order. Names alone do not tell it: each program counts its own traces. */
function traceFiles(folder: string): TraceFile[] {
  const names = new Set(namesIn(folder));
  const traces: TraceFile[] = [];
  for (const name of names) {
    if (!name.endsWith(TRACE_SUFFIX)) continue;
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const log = names.has(`${name}-wal`)
      ? statSync(`${path}-wal`, { throwIfNoEntry: false })
      : undefined;
    traces.push({
      path,
      name,
      size: stat.size + (log?.size ?? 0),
      modified: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0),
    });
  }
  return traces;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw new WasiRrError(
      'TRACE_UNREADABLE',
      `the trace folder ${folder} cannot be read: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

// at the same moment: the larger number, which of one program's traces is the longer or greater name (a
// comparison of Intl costs 12 µs, and 20 ms before the first)
function laterFirst(a: TraceFile, b: TraceFile): number {
  return b.modified - a.modified || b.name.length - a.name.length || (a.name < b.name ? 1 : -1);
}
