/**
 * What of a component's log is worth a row: calls of functions that have words, and where its own functions are called
 * and return. The rest is its runtime, which makes room in memory and asks whether it has to wait.
 */
import type { TraceReader } from '../../traces/reader.ts';
import type { CallFilter, Timeline } from '../../traces/timeline.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { spokenFunctions } from '../../wasi/component/spoken-functions.ts';

/** Up to here it takes some 20 ms, and the first screen can wait for it. */
const FEW_EVENTS = 65_536;

export class Folding {
  private readonly reader: TraceReader;
  private readonly timeline: Timeline | undefined;

  /** @param timeline undefined where the trace has no index that can be read */
  constructor(reader: TraceReader, timeline: Timeline | undefined) {
    this.reader = reader;
    this.timeline = timeline;
  }

  /** What matches it is worth a row; undefined where all is: no component, or a trace that does not say. */
  get filter(): CallFilter | undefined {
    const { reader, timeline } = this;
    const words = reader.meta.component?.words;
    if (words === undefined || !timeline?.entries.exist) return undefined;
    try {
      const meanings = new CoreMeanings(words, reader.instances());
      return { spoken: spokenFunctions(meanings, reader.functions.values()) };
    } catch {
      // what the trace says of its instances cannot be read
      return undefined;
    }
  }

  /** The events that are worth a row; undefined where that takes a while. */
  get few(): Uint32Array<ArrayBuffer> | undefined {
    const { reader, timeline, filter } = this;
    if (filter === undefined || reader.eventCount > FEW_EVENTS) return undefined;
    try {
      const found = timeline?.matches(filter, 0, reader.eventCount) ?? [];
      return Uint32Array.from([...found].flatMap(({ numbers }) => numbers));
    } catch {
      return undefined;
    }
  }
}
