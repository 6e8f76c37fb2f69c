/** What the runtime reads of guest memory where an export has returned: the results that lie there. */
import type { CoreValue } from '../../traces/events.ts';
import type { Lifter } from '../../wasm/component/lifter.ts';
import type { StringEncoding, WitFunction } from '../../wasm/component/types.ts';
import type { CallReader, MemoryReads, ReadArguments } from './call-reads.ts';

/** @returns what of memory is read of what was returned */
export type ResultReader = (returned: unknown) => MemoryReads | undefined;

/**
 * @param pointed number of the memory that pointers point into, and what reads it: known once all instances are made
 * @returns undefined for a function of whose results nothing lies in memory
 */
export function resultReader(
  lifter: Lifter,
  func: WitFunction,
  encoding: StringEncoding,
  pointed: (read: ReadArguments) => { memory: number; reader: CallReader } | undefined,
): ResultReader | undefined {
  if (!lifter.returnsPointer(func)) return undefined;
  let found: ReturnType<typeof pointed>;
  return (returned) => {
    found ??= pointed((results, memory) => lifter.returned(func, results, memory, encoding));
    const reads = found?.reader.read([returned as CoreValue]);
    return reads && found && { memory: found.memory, reads };
  };
}
