/** Makes the call index of a trace again from its segments, in place. */
import { TraceReader } from '../traces/reader.ts';
import { IndexRebuild } from '../traces/rebuild-index.ts';
import { CallIndexer } from './call-indexer.ts';

/** Calls between two looks at the time. */
const STEP = 4096;

/**
 * @param onProgress called now and then with the number of events done and of all
 * @returns how many calls the index has now
 * @throws WasiRrError as opening a trace, SEGMENT_CORRUPT (the index is then left as it was),
 *   TRACE_WRITE_FAILED
 */
export async function rebuildIndex(
  path: string,
  onProgress?: (events: number, total: number) => void,
): Promise<number> {
  const trace = new TraceReader(path);
  try {
    const rebuild = new IndexRebuild(path);
    const indexer = new CallIndexer();
    let calls = 0;
    try {
      for (const event of trace.events()) {
        if (event.kind !== 'call' && event.kind !== 'open') continue;
        const durationNs = event.kind === 'call' ? event.durationNs : undefined;
        rebuild.add(event.number, indexer.shape(event), event.startNs, durationNs);
        if (++calls % STEP === 0) {
          onProgress?.(event.number, trace.eventCount);
          await new Promise(setImmediate);
        }
      }
      rebuild.commit();
      return calls;
    } finally {
      rebuild.close();
    }
  } finally {
    trace.close();
  }
}
