/**
 * Entries of guests that may suspend, and the calls at which they did. A guest that has stopped hands back
 * to its host; how it ended counts when the log says that it ended, whatever order its promises had.
 */
import type { EnterEvent } from '../../traces/events.ts';
import type { CallEnding } from '../replay-step.ts';
import type { CoreFunction } from './core-graph.ts';

export class AsyncEntry {
  readonly event: EnterEvent;
  /** How it ended, once that is known. */
  ending: CallEnding | undefined;
  private suspended = false;
  private back = Promise.withResolvers<void>();

  constructor(event: EnterEvent) {
    this.event = event;
  }

  /** Whether it is parked at a call that the log has not answered yet. */
  get isParked(): boolean {
    return this.suspended;
  }

  /** Settles when it has suspended or ended. */
  get handedBack(): Promise<void> {
    return this.back.promise;
  }

  run(target: CoreFunction): void {
    WebAssembly.promising(target)(...this.event.args).then(
      (returned: unknown) => this.end({ returned }),
      (thrown: unknown) => this.end({ thrown }),
    );
  }

  end(ending: CallEnding): void {
    this.ending = ending;
    this.back.resolve();
  }

  park(): void {
    this.suspended = true;
    this.back.resolve();
  }

  /** Its call is about to be answered. */
  goOn(): void {
    this.suspended = false;
    this.back = Promise.withResolvers();
  }
}

interface ParkedCall {
  readonly by: AsyncEntry;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class ParkedCalls {
  private readonly calls = new Map<number, ParkedCall>();

  /** @returns what parks the guest until the call of this number is taken and settled */
  park(call: number, by: AsyncEntry): Promise<unknown> {
    const parked = new Promise((resolve, reject) => {
      this.calls.set(call, { by, resolve, reject });
    });
    by.park();
    return parked;
  }

  /** @returns undefined for a call that is not parked */
  take(call: number): ParkedCall | undefined {
    const parked = this.calls.get(call);
    this.calls.delete(call);
    return parked;
  }
}
