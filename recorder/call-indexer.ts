/**
 * Fills the call index from a log: says what each call is in words, and which file it was about. Runs
 * once per recorded call; calls that were seen before in the same state are not put into words again.
 */
import type { CallIndex, CallShape } from '../traces/call-index.ts';
import type { CallScanner } from '../traces/call-scanner.ts';
import type { CallEvent, OpenEvent } from '../traces/events.ts';
import { callBytes, callFd, callPath } from '../wasi/call-columns.ts';
import { argsJson, resultJson } from '../wasi/call-json.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { errnoName } from '../wasi/names.ts';

/** Calls that are remembered. */
const MAX_KNOWN = 20_000;

export class CallIndexer {
  private readonly table = new DescriptorTable();
  /** Key of a call → its shape in the index, as long as the open files are the same. */
  private readonly known = new Map<string, number>();
  private calls = 0;

  /** How many calls have been indexed. */
  get callCount(): number {
    return this.calls;
  }

  /** Indexes the calls that the scanner was fed, in order. */
  index(scanner: CallScanner, index: CallIndex): void {
    while (scanner.next()) {
      this.calls++;
      const key = scanner.callKey();
      const known = key === undefined ? undefined : this.known.get(key);
      const shape = known ?? this.learn(scanner.call(), key, index);
      index.add(scanner.number, shape, scanner.startNs, scanner.durationNs);
    }
  }

  private learn(call: CallEvent | OpenEvent, key: string | undefined, index: CallIndex): number {
    const { table, known } = this;
    const shape = index.shapeId(this.shape(call));
    const { version } = table;
    table.apply(call, call.number);
    // which path a descriptor stands for follows from the calls before
    if (table.version !== version || known.size === MAX_KNOWN) known.clear();
    else if (key !== undefined) known.set(key, shape);
    return shape;
  }

  private shape(call: CallEvent | OpenEvent): CallShape {
    return {
      func: call.func.id,
      fd: callFd(call),
      path: callPath(call, this.table),
      args: argsJson(call),
      errno: call.result === undefined ? undefined : errnoName(call.result),
      result: call.effects.length === 0 ? undefined : resultJson(call),
      bytes: callBytes(call),
    };
  }
}
