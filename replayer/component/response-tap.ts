/** Reads the calls of a replayed server as they are made, with the guest's memory at hand, for its responses. */
import type { CallEvent, LogEvent, OpenEvent } from '../../traces/events.ts';
import { type ForwardedPart, isWhole } from '../../traces/forwarded.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import {
  type Forwarded,
  type Header,
  type HttpResponse,
  HttpResponses,
} from '../../wasi/component/http-responses.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';

/** Nothing is put into words. */
const LIMITS = { maxText: 1, maxItems: 1 };

export class ResponseTap {
  private readonly responses: HttpResponses;
  private readonly calls: ComponentCalls;

  constructor(trace: TraceReader, onResponse: (response: HttpResponse) => void) {
    this.responses = new HttpResponses(onResponse, (event) => forwardedBy(trace, event));
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

/** Bytes of one body that are read: a trace may say anything. */
const MAX_BODY = 256 << 20;

/** Of status, headers and trailers. */
const MAX_TEXT = 1 << 20;

function forwardedBy(trace: TraceReader, event: number): Forwarded | undefined {
  const entries = trace.forwarded(event, event + 1);
  if (entries.length === 0) return undefined;
  const text = (wanted: ForwardedPart) => {
    const entry = entries.find(({ part }) => part === wanted);
    return entry && Buffer.from(trace.forwardedBytes(entry, MAX_TEXT)).toString('latin1');
  };
  const status = text('status');
  const body = entries.find(({ part }) => part === 'body');
  return {
    status: status === undefined ? undefined : Number.parseInt(status, 10),
    headers: headersOf(text('headers')),
    trailers: headersOf(text('trailers')),
    body: body && {
      bytes: trace.forwardedBytes(body, MAX_BODY),
      whole: isWhole(body) && body.kept <= MAX_BODY,
    },
  };
}

/** Lines `name: value`. */
function headersOf(text: string | undefined): readonly Header[] | undefined {
  const lines = text?.split('\r\n').filter(Boolean);
  return lines?.map((line) => {
    const at = line.indexOf(': ');
    return at < 0
      ? [line, new Uint8Array(0)]
      : [line.slice(0, at), Uint8Array.from(Buffer.from(line.slice(at + 2), 'latin1'))];
  });
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
