/** Calls that returned without what they asked for: that comes with an event, told of the waitable that they left. */
import { keyOf } from './channel-ends.ts';
import type { CallAnswer, LateAnswer } from './described-call.ts';
import type { KeptWrites, WrittenSince } from './kept-writes.ts';

export interface WaitingCall {
  readonly call: number;
  readonly interface: string;
  readonly name: string;
  /** The handle that it was made with. */
  readonly self: string | undefined;
  /** What came of it. @param state that the event tells @param event its number */
  readonly answer: (state: number, event: number) => CallAnswer;
  readonly written: WrittenSince | undefined;
}

/** A hostile log may begin any number. */
const MAX_WAITING = 100_000;

export class Waiting {
  private readonly writes: KeptWrites;
  private readonly calls = new Map<string, WaitingCall>();

  constructor(writes: KeptWrites) {
    this.writes = writes;
  }

  add(component: number, handle: number, call: WaitingCall): void {
    this.forget(component, handle);
    if (this.calls.size < MAX_WAITING) this.calls.set(keyOf(component, handle), call);
    else this.writes.end(call.written);
  }

  /** @returns undefined where no call is known to wait for it */
  settle(component: number, handle: number, state: number, event: number): LateAnswer | undefined {
    const key = keyOf(component, handle);
    const found = this.calls.get(key);
    if (found === undefined) return undefined;
    this.calls.delete(key);
    const { call, interface: from, name, self, answer, written } = found;
    const answered = answer(state, event);
    this.writes.end(written);
    return { call, interface: from, name, self, ...answered };
  }

  forget(component: number, handle: number): void {
    const key = keyOf(component, handle);
    this.writes.end(this.calls.get(key)?.written);
    this.calls.delete(key);
  }
}
