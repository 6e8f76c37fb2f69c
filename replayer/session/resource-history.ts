/** Which handles of resources the guest of a component held after any event of a run. Fed with the events in order. */
import type { LogEvent } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import type { OpenedHandle } from '../../wasi/component/handle-flow.ts';

/** A handle that is held. */
export interface OpenResource extends OpenedHandle {
  /** Number of the call, or entry, that gave it. */
  readonly openedBy: number;
}

interface Held extends OpenResource {
  readonly from: number;
  /** Event from which on it is not held any more. */
  to: number;
}

/** Text of labels is short; nothing else of a value is asked for. */
const LIMITS = { maxText: 64, maxItems: 1 };

export class ResourceHistory {
  /** Handles of several tables cannot be told apart. */
  readonly isKnown: boolean;
  private readonly calls: ComponentCalls;
  private readonly all: Held[] = [];
  private readonly held = new Map<string, Held>();

  constructor(trace: TraceReader) {
    const meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
    this.isKnown = meanings.ofOneMemory;
    this.calls = new ComponentCalls(meanings, LIMITS, {
      opened: (handle, openedBy, event) => this.opened(handle, openedBy, event),
      closed: (resource, handle, event) => this.closed(`${resource} ${handle}`, event),
    });
  }

  learn(event: LogEvent): void {
    this.calls.follow(event);
  }

  /** By resource and number. @param at event number, before that of any event not learnt yet */
  at(at: number): readonly OpenResource[] {
    return this.all
      .filter(({ from, to }) => from <= at && at < to)
      .map(({ from: _from, to: _to, ...resource }) => resource)
      .sort((left, right) => left.resource - right.resource || left.handle - right.handle);
  }

  private opened(handle: OpenedHandle, openedBy: number, from: number): void {
    const key = `${handle.resource} ${handle.handle}`;
    this.closed(key, from);
    const held = { ...handle, openedBy, from, to: Number.POSITIVE_INFINITY };
    this.all.push(held);
    this.held.set(key, held);
  }

  private closed(key: string, event: number): void {
    const held = this.held.get(key);
    if (held !== undefined) held.to = event;
    this.held.delete(key);
  }
}
