/** Which trace a TRACE argument means. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { latestTrace, openTrace, TRACE_SUFFIX, type TraceReader, traceFolder } from '../index.ts';

/**
 * @param name a path, or a name in the trace folder with or without its suffix
 * @returns a path; that of the latest trace without a name. A file of that name need not exist.
 * @throws WasiRrError NO_TRACES
 */
export function tracePath(name: string | undefined): string {
  if (name === undefined) return latestTrace(traceFolder());
  if (isFile(name) || basename(name) !== name) return name;
  const inFolder = join(traceFolder(), name);
  return [inFolder, inFolder + TRACE_SUFFIX].find(isFile) ?? name;
}

/** Whether a TRACE argument means a file that is there. */
export function isTraceName(name: string): boolean {
  return isFile(tracePath(name));
}

/** Opens the trace of a TRACE argument. @throws WasiRrError as openTrace */
export function openNamed(name: string | undefined): TraceReader {
  return openTrace(tracePath(name));
}

/** Milliseconds that a recorder may take from making the file to what can be read of it. */
const BEGINNING_MS = 5000;

/**
 * As {@link tracePath}, for a recording that may only just have begun: waits until it can be read.
 * @throws WasiRrError NO_TRACES
 */
export async function begunTrace(name: string | undefined): Promise<string> {
  const path = tracePath(name);
  const since = Date.now();
  while (!isReadable(path) && Date.now() - since < BEGINNING_MS && isYoung(path)) await passed(20);
  return path;
}

function isReadable(path: string): boolean {
  try {
    openTrace(path).close();
    return true;
  } catch {
    return false;
  }
}

function isYoung(path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - made < BEGINNING_MS;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
