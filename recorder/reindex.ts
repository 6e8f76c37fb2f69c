/** Makes the call index of a trace again from its segments, in place. */
import { WasiRrError } from '../errors.ts';
import type { CallIndex } from '../traces/call-index.ts';
import { CallScanner } from '../traces/call-scanner.ts';
import { damagedSegment, TraceReader } from '../traces/reader.ts';
import { IndexRebuild } from '../traces/rebuild-index.ts';
import { CallIndexer } from './call-indexer.ts';
import { isBeingRecorded } from './recorder-process.ts';

/**
 * @param onProgress called after each segment with the number of events done and of all
 * @returns how many calls the index has now
 * @throws WasiRrError as opening a trace, TRACE_IS_BUSY, SEGMENT_CORRUPT (the index is then left as it
 *   was), TRACE_WRITE_FAILED
 */
export async function rebuildIndex(
  path: string,
  onProgress?: (events: number, total: number) => void,
): Promise<number> {
  const trace = new TraceReader(path);
  let rebuild: IndexRebuild | undefined;
  try {
    if (isBeingRecorded(trace.meta)) {
      throw new WasiRrError(
        'TRACE_IS_BUSY',
        `${path} is being recorded by process ${trace.meta.pid}, which keeps its index up to date. Try again when it has ended.`,
      );
    }
    rebuild = new IndexRebuild(path);
    const scanner = new CallScanner(trace.functions);
    const indexer = new CallIndexer();
    const indexCalls = (index: CallIndex) => indexer.index(scanner, index);
    for (const [position, segment] of trace.segments.entries()) {
      scanner.feed(trace.segmentBytes(position));
      rebuild.add(indexCalls);
      if (scanner.eventCount !== segment.firstEvent + segment.events) {
        throw damagedSegment(path, segment, `it ends at event ${scanner.eventCount - 1}`);
      }
      onProgress?.(scanner.eventCount, trace.eventCount);
      await new Promise(setImmediate);
    }
    rebuild.commit();
    return indexer.callCount;
  } finally {
    trace.close();
    rebuild?.close();
  }
}
