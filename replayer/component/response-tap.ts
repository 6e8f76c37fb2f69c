/** Reads the calls of a replayed server as they are made, with the guest's memory at hand, for its responses. */
import type { CallEvent, LogEvent, OpenEvent } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { type HttpResponse, HttpResponses } from '../../wasi/component/http-responses.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';

/** Nothing is put into words. */
const LIMITS = { maxText: 1, maxItems: 1 };

export class ResponseTap {
  private readonly responses: HttpResponses;
  private readonly calls: ComponentCalls;

  constructor(trace: TraceReader, onResponse: (response: HttpResponse) => void) {
    this.responses = new HttpResponses(onResponse);
    const meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
    this.calls = new ComponentCalls(meanings, LIMITS, undefined, this.responses);
  }

  /** @param memory into which the function's pointers point */
  called(event: CallEvent | OpenEvent, memory: WebAssembly.Memory | undefined): void {
    this.calls.follow(event, new LiveMemory(new Uint8Array(memory?.buffer ?? new ArrayBuffer(0))));
  }

  /** An event has happened. */
  taken(event: LogEvent): void {
    if (event.kind !== 'call' && event.kind !== 'open') this.calls.follow(event);
  }

  end(): void {
    this.responses.end();
  }
}

class LiveMemory implements LiftMemory {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(address: number, length: number): Uint8Array {
    return this.bytes.subarray(address, address + length);
  }

  asOf(): LiftMemory {
    return this;
  }
}
