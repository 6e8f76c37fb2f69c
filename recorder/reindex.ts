/** Makes the call index of a trace again from its segments, in place. */
import { WasiRrError } from '../errors.ts';
import type { CallIndex } from '../traces/call-index.ts';
import { damagedSegment, TraceReader } from '../traces/reader.ts';
import { IndexRebuild } from '../traces/rebuild-index.ts';
import { isBeingRecorded } from '../traces/recorder-process.ts';
import { CoreMeanings } from '../wasi/component/core-meanings.ts';
import { ComponentIndexing } from './component/component-indexing.ts';
import { ModuleIndexing } from './module-indexing.ts';

/**
 * Completes the index of a trace whose recorder was killed, where it is not complete and can be written.
 * @throws WasiRrError as opening a trace, SEGMENT_CORRUPT
 */
export async function completeIndex(path: string): Promise<void> {
  const trace = new TraceReader(path);
  const { tailUnindexed } = trace;
  trace.close();
  if (!tailUnindexed) return;
  try {
    await rebuildIndex(path);
  } catch (thrown) {
    if (!(thrown instanceof WasiRrError) || thrown.code !== 'TRACE_WRITE_FAILED') throw thrown;
  }
}

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
    const { flavour, component } = trace.meta;
    const indexing =
      flavour === 'preview1'
        ? new ModuleIndexing(trace.functions)
        : new ComponentIndexing(
            trace.functions,
            new CoreMeanings(component?.words, trace.instances()),
          );
    for (const [position, segment] of trace.segments.entries()) {
      const records = trace.segmentBytes(position);
      rebuild.add((index: CallIndex) => indexing.scan(records, index));
      if (indexing.eventCount !== segment.firstEvent + segment.events) {
        throw damagedSegment(path, segment, `it ends at event ${indexing.eventCount - 1}`);
      }
      onProgress?.(indexing.eventCount, trace.eventCount);
      await new Promise(setImmediate);
    }
    rebuild.add((index: CallIndex) => indexing.finish(index));
    rebuild.commit();
    return indexing.callCount;
  } finally {
    trace.close();
    rebuild?.close();
  }
}
