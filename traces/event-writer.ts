/**
 * Encodes the events that are no plain calls: the boundary (recorder/boundary.ts) encodes those itself,
 * half before and half after the host has answered. Each function writes one whole record.
 */
import type { ByteOutput } from './byte-output.ts';
import { TYPE_OF_CODE } from './event-reader.ts';
import type { CoreValue, LoggedFunction, LoggedType } from './events.ts';
import { OUTPUT_STREAM, RECORD } from './record-kinds.ts';

/** @param gapNs nanoseconds since the event before ended; @param pages memory size in 64 KiB */
export function writeEnter(
  out: ByteOutput,
  func: LoggedFunction,
  gapNs: number,
  args: readonly CoreValue[],
  pages: number,
  async = false,
): void {
  out.byte(async ? RECORD.enterAsync : RECORD.enter);
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
  writeResults(out, back, gapNs, pages, types, results);
}

/** The answer to an `open`. @param back how many events ago that was */
export function writeReturn(
  out: ByteOutput,
  back: number,
  gapNs: number,
  pages: number,
  types: readonly LoggedType[],
  results: readonly CoreValue[],
): void {
  out.byte(RECORD.return);
  writeResults(out, back, gapNs, pages, types, results);
}

function writeResults(
  out: ByteOutput,
  back: number,
  gapNs: number,
  pages: number,
  types: readonly LoggedType[],
  results: readonly CoreValue[],
): void {
  out.varint(back);
  out.varint(gapNs);
  out.varint(pages);
  out.byte(types.length);
  types.forEach((type, i) => {
    writeTyped(out, type, results[i] as CoreValue);
  });
}

function writeTyped(out: ByteOutput, type: LoggedType, value: CoreValue): void {
  out.byte(TYPE_OF_CODE.indexOf(type));
  out.value(type, value);
}

/** The host answered an `open` with an exception. */
export function writeThrow(
  out: ByteOutput,
  back: number,
  gapNs: number,
  pages: number,
  message: string,
): void {
  out.byte(RECORD.throw);
  out.varint(back);
  out.varint(gapNs);
  out.varint(pages);
  out.text(message);
}

/** The host answered an `open` with a promise. */
export function writeSuspend(out: ByteOutput, back: number, gapNs: number, pages: number): void {
  out.byte(RECORD.suspend);
  out.varint(back);
  out.varint(gapNs);
  out.varint(pages);
}

export function writeInstantiate(
  out: ByteOutput,
  gapNs: number,
  instance: number,
  pages: number,
): void {
  out.byte(RECORD.instantiate);
  out.varint(gapNs);
  out.varint(instance);
  out.varint(pages);
}

/** No event: what the host wrote, `bytes[from, to)`, which is also where they lie in the memory. */
export function writeHostWrite(
  out: ByteOutput,
  memory: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  out.byte(RECORD.write);
  out.varint(memory);
  out.varint(from);
  out.varint(to - from);
  out.copy(bytes, from, to);
}

/** No event: a global of the host has another value. */
export function writeGlobal(
  out: ByteOutput,
  global: number,
  type: LoggedType,
  value: CoreValue,
): void {
  out.byte(RECORD.global);
  out.varint(global);
  writeTyped(out, type, value);
}

/** No event: bytes that the host printed for the guest. */
export function writeOutput(
  out: ByteOutput,
  stream: 'stdout' | 'stderr',
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  out.byte(RECORD.output);
  out.byte(OUTPUT_STREAM[stream]);
  out.varint(to - from);
  out.copy(bytes, from, to);
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
