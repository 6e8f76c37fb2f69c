/**
 * Which files were open and what had been printed at any event, from the trace alone. Reads the events
 * once, as far as they are asked for, and keeps only what changed: the log of a million calls costs a
 * second once, and nothing afterwards.
 */
import type { CallEvent, CoreValue, LogEvent } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { outputOf, writtenBy } from '../../wasi/output.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import { DescriptorHistory, type OpenFile } from './descriptor-history.ts';
import { type OpenResource, ResourceHistory } from './resource-history.ts';
import { TimeSlices } from './time-slices.ts';

/** Events between two looks at the clock. */
const STRIDE = 256;

export type Stream = 'stdout' | 'stderr';

/** What one call printed. */
export interface OutputChunk {
  /** Number of the call. */
  readonly event: number;
  readonly stream: Stream;
  readonly bytes: Uint8Array;
  /** How many bytes the call printed; more than `bytes` where the trace kept only the beginning. */
  readonly length: number;
}

export interface Output {
  /** In order; the last ones, as many as the limit allows. */
  readonly chunks: readonly OutputChunk[];
  /** Whether nothing is missing: neither cut by the limit nor by what the trace kept. */
  readonly complete: boolean;
  /** Bytes printed so far, whether they are here or not. */
  readonly length: { readonly stdout: number; readonly stderr: number };
}

interface Printed {
  readonly event: number;
  readonly stream: Stream;
  /** What the trace kept of it, and how much it was. */
  readonly kept: number;
  readonly length: number;
}

export class StreamsAndFiles {
  private readonly trace: TraceReader;
  private events: Generator<LogEvent>;
  private readonly files = new DescriptorHistory();
  /** Of a component. */
  private readonly resources: ResourceHistory | undefined;
  private readonly printed: Printed[] = [];
  private next = 0;
  private reading: Promise<void> = Promise.resolve();
  private damage: unknown;

  constructor(trace: TraceReader) {
    this.trace = trace;
    this.events = trace.events();
    if (trace.meta.flavour === 'component') this.resources = new ResourceHistory(trace);
  }

  /**
   * The descriptors that are open after event `at`, and how they stand.
   * @throws WasiRrError SEGMENT_CORRUPT where the log is damaged before it
   */
  async filesAt(at: number, options: RequestOptions): Promise<readonly OpenFile[]> {
    await this.readTo(at, options);
    return this.files.at(at);
  }

  /**
   * Of a component, the handles that it holds after event `at`.
   * @returns undefined for a core module, and where handles of several components cannot be told apart
   * @throws WasiRrError SEGMENT_CORRUPT where the log is damaged before it
   */
  async resourcesAt(
    at: number,
    options: RequestOptions,
  ): Promise<readonly OpenResource[] | undefined> {
    const { resources } = this;
    if (!resources?.isKnown) return undefined;
    await this.readTo(at, options);
    return resources.at(at);
  }

  /**
   * What was printed up to and with event `at`.
   * @param limit bytes of output to give, the last ones, in whole chunks but for the first
   * @throws WasiRrError SEGMENT_CORRUPT where the log is damaged before it
   */
  async outputAt(at: number, limit: number, options: RequestOptions): Promise<Output> {
    await this.readTo(at, options);
    const end = lastAtMost(this.printed, at) + 1;
    const length = { stdout: 0, stderr: 0 };
    let complete = true;
    for (const { stream, length: printed, kept } of this.printed.slice(0, end)) {
      length[stream] += printed;
      if (kept < printed) complete = false;
    }
    let first = end;
    let bytes = 0;
    while (first > 0 && bytes < limit) bytes += this.printed[--first]?.kept ?? 0;
    const chunks = this.chunks(first, end);
    const [head] = chunks;
    if (head !== undefined && bytes > limit) {
      chunks[0] = { ...head, bytes: head.bytes.subarray(bytes - limit) };
    }
    return { chunks, complete: complete && first === 0 && bytes <= limit, length };
  }

  /**
   * All that one call wrote.
   * @param reads asks a replay for what the host read for a call, as much as there was
   * @returns undefined where the event is no call that writes
   */
  async written(
    event: number,
    reads: (call: {
      readonly name: string;
      readonly args: readonly CoreValue[];
    }) => Promise<{ readonly bytes: Uint8Array; readonly length: number }>,
  ): Promise<Uint8Array | undefined> {
    const [call] = this.trace.events(event, event + 1);
    if (call?.kind !== 'call') return undefined;
    const kept = writtenBy(call);
    if (kept === undefined || kept.bytes.length === kept.length) return kept?.bytes.slice();
    const { bytes, length } = await reads({ name: call.name, args: call.args });
    return writtenBy({ ...call, reads: bytes, readLength: length })?.bytes;
  }

  /** @param first position in `printed` @param end position to stop before */
  private chunks(first: number, end: number): OutputChunk[] {
    const wanted = Map.groupBy(this.printed.slice(first, end), ({ event }) => event);
    const from = this.printed[first]?.event;
    const last = this.printed[end - 1]?.event;
    if (from === undefined || last === undefined || end <= first) return [];
    const chunks: OutputChunk[] = [];
    for (const event of this.trace.events(from, last + 1)) {
      for (const { stream, length } of wanted.get(event.number) ?? []) {
        const bytes = printedBy(event, stream);
        if (bytes !== undefined) chunks.push({ event: event.number, stream, bytes, length });
      }
    }
    return chunks;
  }

  private readTo(at: number, options: RequestOptions): Promise<void> {
    if (this.next > at) return Promise.resolve();
    const read = this.reading.then(() => this.read(at, options));
    // whoever asked before may have given up
    this.reading = read.catch(() => {});
    return read;
  }

  private async read(at: number, options: RequestOptions): Promise<void> {
    const slices = new TimeSlices(options);
    options.signal?.throwIfAborted();
    while (this.next <= at) {
      if (this.damage !== undefined) throw this.damage;
      const event = this.take();
      if (event === undefined) return;
      this.learnOutputs(event);
      this.resources?.learn(event);
      if (event.kind === 'call') this.learn(event);
      this.next = event.number + 1;
      if (this.next % STRIDE === 0 && slices.over) await slices.turn(this.next);
    }
  }

  private take(): LogEvent | undefined {
    try {
      const { value, done } = this.events.next();
      if (!done) return value;
      // there may be more of a recording in progress than when the reading began
      if (this.next >= this.trace.eventCount) return undefined;
      this.events = this.trace.events(this.next);
      return this.take();
    } catch (thrown) {
      this.damage = thrown;
      throw thrown;
    }
  }

  /** Those of a component, which the trace holds apart from its calls. */
  private learnOutputs({ number, outputs = [] }: LogEvent): void {
    for (const stream of new Set(outputs.map((output) => output.stream))) {
      const length = sizeOf(outputs.filter((output) => output.stream === stream));
      this.printed.push({ event: number, stream, kept: length, length });
    }
  }

  private learn(event: CallEvent): void {
    const output = outputOf(event, this.files.table);
    if (output !== undefined) {
      const kept = output.bytes.length;
      // the answer says how much was printed, whatever the trace kept of it
      const length = writtenBy(event)?.length ?? kept;
      this.printed.push({ event: event.number, stream: output.stream, kept, length });
    }
    this.files.learn(event);
  }
}

/** What an event printed on a stream, as far as the trace kept it. */
function printedBy(event: LogEvent, stream: Stream): Uint8Array | undefined {
  if (event.outputs === undefined) {
    return event.kind === 'call' ? writtenBy(event)?.bytes.slice() : undefined;
  }
  return Buffer.concat(
    event.outputs.filter((output) => output.stream === stream).map(({ bytes }) => bytes),
  );
}

function sizeOf(outputs: readonly { readonly bytes: Uint8Array }[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Position of the last entry whose event is at most `at`; -1 for none. */
function lastAtMost(entries: readonly { readonly event: number }[], at: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.event ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
