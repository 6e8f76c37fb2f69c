/** The trace folder: where traces go, what they are called, which is the latest. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';

export const TRACE_SUFFIX = '.wrr';

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
 * A path in the folder that no trace has: `<program>-<n>.wrr`, n one above the highest. The folder is
 * created. Two recorders may get the same one; creating the file then fails for the second, which asks again.
 * @throws WasiRrError OUTPUT_UNWRITABLE
 */
export function nextTracePath(folder: string, program: string): string {
  const stem = basename(program).replace(/\.wasm$/, '') || 'program';
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    let highest = 0;
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(`${stem}-`) || !name.endsWith(TRACE_SUFFIX)) continue;
      const digits = name.slice(stem.length + 1, -TRACE_SUFFIX.length);
      if (/^\d{1,15}$/.test(digits)) highest = Math.max(highest, Number(digits));
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

/** All traces of a folder, the latest first. A folder that does not exist holds none. */
export function listTraces(folder: string): TraceFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw new WasiRrError(
      'TRACE_UNREADABLE',
      `the trace folder ${folder} cannot be read: ${messageOf(cause)}.`,
      {
        cause,
      },
    );
  }
  const traces = names
    .filter((name) => name.endsWith(TRACE_SUFFIX))
    .flatMap((name) => {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat?.isFile()) return [];
      const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
      return [
        {
          path,
          name,
          size: stat.size + (log?.size ?? 0),
          modified: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0),
        },
      ];
    });
  return traces.sort(
    (a, b) => b.modified - a.modified || b.name.localeCompare(a.name, 'en', { numeric: true }),
  );
}

/**
 * The trace that was written last.
 * @throws WasiRrError NO_TRACES
 */
export function latestTrace(folder: string): string {
  const [latest] = listTraces(folder);
  if (latest !== undefined) return latest.path;
  throw new WasiRrError(
    'NO_TRACES',
    `there are no traces in ${folder}. Record one with \`wasi-rr record program.wasm\`, or name a file.`,
  );
}

/** Removes a trace with what belongs to it. @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE */
export function removeTrace(path: string): void {
  try {
    rmSync(path);
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT';
    throw new WasiRrError(
      missing ? 'TRACE_NOT_FOUND' : 'TRACE_UNREADABLE',
      missing ? `there is no trace ${path}.` : `${path} cannot be removed: ${messageOf(cause)}.`,
      { cause },
    );
  }
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}
