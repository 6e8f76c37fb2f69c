/** What a program passed on unread, beside its calls. */
import { type ForwardedEntry, isWhole, quoteText, type TraceReader } from '../../index.ts';
import type { ViewOptions } from './view.ts';

/** Bytes that are shown of each, where nothing else is asked for. */
const SHOWN = 32;
const SHOWN_IN_JSON = 4096;

export class ForwardedNotes {
  private readonly trace: TraceReader;
  private readonly most: number;
  private known: ReadonlyMap<number, readonly ForwardedEntry[]>;
  private end: number;

  constructor(trace: TraceReader, { strings, json }: ViewOptions) {
    this.trace = trace;
    this.most = strings ?? (json ? SHOWN_IN_JSON : SHOWN);
    this.end = trace.eventCount;
    this.known = this.list(0);
  }

  /** After the line of a call: `; passed on unread: body 10 bytes "as it came"`; nothing for most. */
  text(call: number): string {
    const parts = this.of(call).map((entry) => {
      const { part, kept } = entry;
      const bytes = this.trace.forwardedBytes(entry, this.most);
      const quoted = bytes.length > 0 || kept > 0 ? ` ${quoteText(bytes)}` : '';
      return `${part} ${sizeText(entry)}${quoted}${bytes.length < kept ? '…' : ''}`;
    });
    return parts.length === 0 ? '' : `; passed on unread: ${parts.join(', ')}`;
  }

  /** `{forwarded: [{part, size, kept, text}]}`, or nothing. */
  json(call: number): object {
    const entries = this.of(call);
    if (entries.length === 0) return {};
    const forwarded = entries.map((entry) => {
      const { part, size, kept } = entry;
      const bytes = this.trace.forwardedBytes(entry, this.most);
      return { part, size, kept, text: Buffer.from(bytes).toString() };
    });
    return { forwarded };
  }

  private of(call: number): readonly ForwardedEntry[] {
    const { eventCount } = this.trace;
    // a recording may go on
    if (eventCount > this.end) {
      this.end = eventCount;
      this.known = this.list(0);
    }
    return this.known.get(call) ?? [];
  }

  private list(from: number): ReadonlyMap<number, readonly ForwardedEntry[]> {
    return Map.groupBy(this.trace.forwarded(from, this.end), (one) => one.event);
  }
}

/** With what the trace lacks of it. */
function sizeText(entry: ForwardedEntry): string {
  const { size, kept } = entry;
  if (size === null) return `${kept} bytes or more`;
  const all = `${size} ${size === 1 ? 'byte' : 'bytes'}`;
  return isWhole(entry) ? all : `${all} (${kept} kept)`;
}
