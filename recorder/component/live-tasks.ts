/**
 * Which calls of asynchronous functions are under way: one may go on after it has given its result. By the
 * canonical ABI such a function is called once, and then its callback until that says that it is done.
 */
import type { LoggedFunction } from '../../traces/events.ts';

/** An asynchronous function that a core module exports. */
export interface TaskFunctions {
  /** Id of the core module. */
  readonly module: number;
  readonly entry: string;
  /** Undefined where the function suspends, and is done when it returns. */
  readonly callback: string | undefined;
}

/** The low bits of what the function and its callback return; the rest says what to wait for. */
const CODE_BITS = 0xf;
const EXIT = 0;

export class LiveTasks {
  private readonly roles = new Map<number, 'entry' | 'callback' | 'whole'>();
  private live = 0;
  private waiting: (() => void)[] = [];

  /** @param tasks of the module that exports `func` */
  know(func: LoggedFunction, tasks: readonly TaskFunctions[]): void {
    for (const { entry, callback } of tasks) {
      if (func.name === callback) this.roles.set(func.id, 'callback');
      else if (func.name === entry) this.roles.set(func.id, callback ? 'entry' : 'whole');
    }
  }

  entered({ id }: LoggedFunction): void {
    const role = this.roles.get(id);
    if (role === 'entry' || role === 'whole') this.live++;
  }

  left({ id }: LoggedFunction, returned: unknown): void {
    const role = this.roles.get(id);
    if (role === undefined) return;
    if (role === 'whole' || (Number(returned) & CODE_BITS) === EXIT) this.end();
  }

  unwound({ id }: LoggedFunction): void {
    if (this.roles.has(id)) this.end();
  }

  /** Settles when none is under way. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.live === 0) resolve();
      else this.waiting.push(resolve);
    });
  }

  private end(): void {
    this.live--;
    if (this.live > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
