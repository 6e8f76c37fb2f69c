/** Reads the calls of a replayed server as they are made, with the guest's memory at hand, for its responses. */
import type { CallEvent, OpenEvent } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { type HttpResponse, HttpResponses } from '../../wasi/component/http-responses.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import { Lifter } from '../../wasm/component/lifter.ts';
import { WrittenMemory } from '../../wasm/component/pieces.ts';

export class ResponseTap {
  private readonly meanings: CoreMeanings;
  private readonly lifter: Lifter;
  private readonly responses: HttpResponses;

  constructor(trace: TraceReader, onResponse: (response: HttpResponse) => void) {
    this.meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
    this.lifter = new Lifter(this.meanings.words);
    this.responses = new HttpResponses(onResponse);
  }

  /** @param memory into which the function's pointers point */
  called(event: CallEvent | OpenEvent, memory: WebAssembly.Memory | undefined): void {
    const meaning = this.meanings.imported(event.func.id);
    if (meaning === undefined || !HttpResponses.needs(meaning.func)) return;
    const { func } = meaning;
    const live = new LiveMemory(memory ? new Uint8Array(memory.buffer) : new Uint8Array(0));
    const args = this.lifter.params(func, event.args, live, meaning);
    const results = event.kind === 'call' ? event.results : [];
    const written = (event.changes ?? []).flatMap((change) =>
      change.kind === 'write' && change.memory === meaning.memory ? [change] : [],
    );
    const result = this.lifter.result(
      func,
      event.args,
      results,
      new WrittenMemory(written),
      meaning,
    );
    this.responses.called(func, { event: event.number, args, result });
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
