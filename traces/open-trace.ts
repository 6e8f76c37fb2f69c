/** The library's way to a trace. */
import { TraceReader } from './reader.ts';

/**
 * Opens a trace for reading; close it when done.
 * @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE, NOT_A_TRACE, TRACE_TOO_NEW, TRACE_TRUNCATED,
 *   TRACE_CORRUPT
 */
export function openTrace(path: string): TraceReader {
  return new TraceReader(path);
}
