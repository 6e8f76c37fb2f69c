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
  /** A component within gave this number away, and another one, that has the same, may be the one that did. */
  readonly perhapsGiven: boolean;
}

interface Held extends Omit<OpenResource, 'perhapsGiven'> {
  readonly from: number;
  /** Event from which on it may have been given away. */
  perhapsFrom: number;
  /** Event from which on it is not held any more. */
  to: number;
}

/** Text of labels is short; nothing else of a value is asked for. */
const LIMITS = { maxText: 64, maxItems: 1 };

export class ResourceHistory {
  /** False where handles of several components cannot be told apart, in traces made before. */
  readonly isKnown: boolean;
  private readonly calls: ComponentCalls;
  private readonly all: Held[] = [];
  private readonly held = new Map<string, Held>();

  constructor(trace: TraceReader) {
    const meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
    this.isKnown = meanings.tellsTables;
    this.calls = new ComponentCalls(meanings, LIMITS, {
      opened: (handle, openedBy, event) => this.opened(handle, openedBy, event),
      closed: (component, resource, handle, event) =>
        this.closed(`${component} ${resource} ${handle}`, event),
      moved: (handle, event) => this.moved(handle, event),
    });
  }

  learn(event: LogEvent): void {
    this.calls.follow(event);
  }

  /** By component, resource and number. @param at event number, before that of any event not learnt yet */
  at(at: number): readonly OpenResource[] {
    return this.all
      .filter(({ from, to }) => from <= at && at < to)
      .map(({ from: _from, to: _to, perhapsFrom, ...resource }) => ({
        ...resource,
        perhapsGiven: perhapsFrom <= at,
      }))
      .sort(
        (left, right) =>
          left.component - right.component ||
          left.resource - right.resource ||
          left.handle - right.handle,
      );
  }

  private opened(handle: OpenedHandle, openedBy: number, from: number): void {
    const key = `${handle.component} ${handle.resource} ${handle.handle}`;
    this.closed(key, from);
    const never = Number.POSITIVE_INFINITY;
    const held = { ...handle, openedBy, from, to: never, perhapsFrom: never };
    this.all.push(held);
    this.held.set(key, held);
  }

  private moved(handle: number, event: number): void {
    const those = [...this.held].filter(([, held]) => held.handle === handle);
    const [only] = those;
    if (those.length === 1 && only !== undefined) this.closed(only[0], event);
    else for (const [, held] of those) held.perhapsFrom = Math.min(held.perhapsFrom, event);
  }

  private closed(key: string, event: number): void {
    const held = this.held.get(key);
    if (held !== undefined) held.to = event;
    this.held.delete(key);
  }
}
