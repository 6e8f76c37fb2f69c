/** What a run printed: the bytes of calls that wrote to standard output or standard error. */
import type { RecordedCall } from './call.ts';
import { callBytes } from './call-columns.ts';
import { contentsRange } from './call-memory.ts';
import type { DescriptorTable } from './descriptors.ts';
import { shapeOf } from './fields.ts';
import { fdArg } from './scalars.ts';

export interface Output {
  readonly stream: 'stdout' | 'stderr';
  /** A view into the call's `reads`. */
  readonly bytes: Uint8Array;
  /** False where the trace kept only the beginning, or nothing. */
  readonly complete: boolean;
}

/**
 * What a successful fd_write, fd_pwrite or sock_send passed to a standard stream: as many bytes of its
 * buffers as the host took. Hot path: run once for every recorded call.
 *
 * @param table the descriptors before the call: the guest may have closed, replaced or moved the streams
 * @returns undefined for every other call
 */
export function outputOf(call: RecordedCall, table: DescriptorTable): Output | undefined {
  const fd = shapeOf(call.name)?.fd;
  if (call.result !== 0 || fd === undefined) return undefined;
  const stream = table.get(fdArg(call.args[fd]))?.kind;
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const written = writtenBy(call);
  if (written === undefined) return undefined;
  const { bytes, length } = written;
  return { stream, bytes, complete: bytes.length === length };
}

/**
 * What a successful fd_write, fd_pwrite or sock_send passed, to whatever descriptor.
 * @returns `bytes` as far as the trace kept them, `length` as many as the host took (undefined where the
 *   trace lacks the answer); undefined for every other call
 */
export function writtenBy(
  call: RecordedCall,
): { readonly bytes: Uint8Array; readonly length: number | undefined } | undefined {
  if (call.result !== 0) return undefined;
  const shape = shapeOf(call.name);
  const rule = shape?.fn.reads[0];
  if (shape === undefined || rule?.kind !== 'vector' || !rule.contents) return undefined;
  const contents = contentsRange(call, shape.fn, rule.pointer);
  const length = callBytes(call);
  return { bytes: contents.bytes.subarray(0, length ?? 0), length };
}
