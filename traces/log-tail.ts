/** What a recorder that was killed had not stored in its trace, as one more segment of it. */
import { crc32 } from 'node:zlib';
import { WasiRrError } from '../errors.ts';
import { EventReader } from './event-reader.ts';
import { isBeingRecorded, isOfThisBoot } from './recorder-process.ts';
import { unstoredRecords } from './ring-image.ts';
import { CODEC } from './schema.ts';
import { beginsInside, type SegmentHeader, type TraceContent } from './trace-content.ts';

export interface LogTail {
  readonly header: SegmentHeader;
  readonly records: Uint8Array;
}

/**
 * @param segmentBytes reads a segment of `content`, by its position
 * @returns undefined where there is nothing, or nothing that can be read
 */
export function readTail(
  path: string,
  { meta, functions, segments, damage }: TraceContent,
  segmentBytes: (index: number) => Uint8Array,
): LogTail | undefined {
  if (meta.outcome !== undefined || damage !== undefined || isBeingRecorded(meta)) return undefined;
  // nobody waits for the ring's bytes to reach the disk: where the power failed, some may never have
  if (meta.sync === true && !isOfThisBoot(meta)) return undefined;
  const stored = segments.reduce((sum, { rawSize }) => sum + rawSize, 0);
  const records = unstoredRecords(path, stored);
  if (records === undefined) return undefined;
  const last = segments.at(-1);
  const reader = new EventReader(
    functions,
    last?.firstEvent ?? 0,
    last?.startNs ?? 0,
    beginsInside(segments, segments.length - 1),
  );
  const id = segments.length + 1;
  try {
    if (last !== undefined) readAll(reader, segmentBytes(segments.length - 1), last.id);
    const { nextNumber: firstEvent, nowNs: startNs } = reader;
    readAll(reader, records, id);
    const { nextNumber, hasParts } = reader;
    return {
      records,
      header: {
        id,
        firstEvent,
        lastEvent: hasParts ? nextNumber : nextNumber - 1,
        events: nextNumber - firstEvent,
        startNs,
        codec: CODEC.raw,
        rawSize: records.length,
        crc32: crc32(records),
      },
    };
  } catch (thrown) {
    if (thrown instanceof WasiRrError) return undefined;
    throw thrown;
  }
}

function readAll(reader: EventReader, bytes: Uint8Array, segment: number): void {
  reader.feed(bytes, segment);
  while (reader.next() !== undefined);
}
