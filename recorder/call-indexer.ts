/** Says what a call is in words, and which file it was about. Runs once per recorded call. */
import type { CallShape } from '../traces/call-index.ts';
import type { CallEvent, OpenEvent } from '../traces/events.ts';
import { callBytes, callFd, callPath } from '../wasi/call-columns.ts';
import { argsJson, resultJson } from '../wasi/call-json.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { errnoName } from '../wasi/names.ts';

export class CallIndexer {
  private readonly table = new DescriptorTable();

  /** Calls must come in order: which path a descriptor stands for follows from the calls before. */
  shape(event: CallEvent | OpenEvent): CallShape {
    const { table } = this;
    const shape: CallShape = {
      func: event.func.id,
      fd: callFd(event),
      path: callPath(event, table),
      args: argsJson(event),
      errno: event.result === undefined ? undefined : errnoName(event.result),
      result: event.effects.length === 0 ? undefined : resultJson(event),
      bytes: callBytes(event),
    };
    table.apply(event, event.number);
    return shape;
  }
}
