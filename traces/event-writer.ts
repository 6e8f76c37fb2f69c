/**
 * Encodes the events that are no plain calls: the boundary (recorder/boundary.ts) encodes those itself,
 * half before and half after the host has answered. Each function writes one whole record.
 */
import type { ByteOutput } from './byte-output.ts';
import { TYPE_OF_CODE } from './event-reader.ts';
import type { CoreValue, LoggedFunction, LoggedType } from './events.ts';
import { RECORD } from './record-kinds.ts';

/** @param gapNs nanoseconds since the event before ended; @param pages memory size in 64 KiB */
export function writeEnter(
  out: ByteOutput,
  func: LoggedFunction,
  gapNs: number,
  args: readonly CoreValue[],
  pages: number,
): void {
  out.byte(RECORD.enter);
  out.varint(func.id);
  out.varint(gapNs);
  out.values(func.params, args);
  out.varint(pages);
}

/** @param back how many events ago the `enter` was */
export function writeLeave(
  out: ByteOutput,
  back: number,
  gapNs: number,
  pages: number,
  types: readonly LoggedType[],
  results: readonly CoreValue[],
): void {
  out.byte(RECORD.leave);
  out.varint(back);
  out.varint(gapNs);
  out.varint(pages);
  out.byte(types.length);
  types.forEach((type, i) => {
    out.byte(TYPE_OF_CODE.indexOf(type));
    out.value(type, results[i] as CoreValue);
  });
}

/** The guest left otherwise than by returning. @param reason JSON */
export function writeUnwind(
  out: ByteOutput,
  back: number,
  gapNs: number,
  pages: number,
  reason: string,
): void {
  out.byte(RECORD.unwind);
  out.varint(back);
  out.varint(gapNs);
  out.varint(pages);
  out.text(reason);
}
