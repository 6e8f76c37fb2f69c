/** Waits for a recording in progress, by what is in its trace: how far its guest has come. */
import { existsSync } from 'node:fs';
import { TraceReader } from '../../traces/reader.ts';

const PATIENCE_MS = 100_000;

/** @param path of a trace, which need not be there yet. @throws Error where the run ends before */
export async function whenRecorded(
  path: string,
  enough: (trace: TraceReader) => boolean,
): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !isThere(path, enough); ) {
    if (performance.now() > end) throw new Error(`never recorded: ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isThere(path: string, enough: (trace: TraceReader) => boolean): boolean {
  if (!existsSync(path)) return false;
  let trace: TraceReader;
  try {
    trace = new TraceReader(path);
  } catch {
    // it is being created
    return false;
  }
  try {
    if (enough(trace)) return true;
    if (trace.complete) throw new Error(`recorded, and not so far: ${path}`);
    return false;
  } finally {
    trace.close();
  }
}

/** Whether a call that wrote this has returned. */
export function hasWritten(text: string): (trace: TraceReader) => boolean {
  return (trace) => {
    for (const event of trace.events()) {
      if (event.kind === 'call' && Buffer.from(event.reads).includes(text)) return true;
    }
    return false;
  };
}
