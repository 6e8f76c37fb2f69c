/**
 * The boundary of a component: stands between its core instances and jco's runtime. Every function that
 * an instance imports from no other instance is a host call; every exported function that the runtime
 * calls is an entry. Hot path. Knows no WASI: to it jco's runtime and the shims behind are one host.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { messageOf } from '../../errors.ts';
import type { CoreValue, LoggedFunction } from '../../traces/events.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { isStackOverflow } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import type { RingWriter } from '../ring.ts';
import type { CallReader } from './call-reads.ts';
import { ComponentLog, type PendingCall } from './component-log.ts';
import type { GuestTraps } from './guest-traps.ts';
import type { HostChanges } from './host-changes.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { ResultReader } from './result-reads.ts';

export type CoreFunction = (...args: CoreValue[]) => unknown;

/** Stands for a stack of the guest that may be suspended, and is nothing but itself. */
export type GuestStack = object;

/** Is told where the guest ran, from an event to another. */
export interface RunWatch {
  /** From an entry on, until it returned or its stack was suspended. */
  ran(first: number, last: number, stack: GuestStack | undefined): void;
  /** A stack that had been suspended did this. */
  wentOn(first: number, last: number, stack: GuestStack): void;
}

export class CoreBoundary {
  readonly log: ComponentLog;
  private readonly changes: HostChanges;
  private readonly traps: GuestTraps;
  /** Why the guest was ended from inside a call; set before the uncatchable throw. */
  ending: Outcome | undefined;
  /** How the last entry that did not return ended. */
  unwoundAs: Outcome | undefined;
  /** What it threw, which the host may pass on. */
  private guestThrew: unknown;
  private readonly tasks: LiveTasks;
  private fatal = unobserved();
  private depth = 0;
  /** Wants to know where the guest ran. */
  watch: RunWatch | undefined;
  /** The stack that runs, where there is a watch and it may be suspended. */
  private readonly stack = new AsyncLocalStorage<GuestStack>();
  /** How often the guest has suspended. */
  private suspensions = 0;

  constructor(ring: RingWriter, changes: HostChanges, tasks: LiveTasks, traps: GuestTraps) {
    this.changes = changes;
    this.tasks = tasks;
    this.traps = traps;
    this.log = new ComponentLog(ring, () => changes.pages());
  }

  /** Is rejected with what next ends a stack of the guest that no other one waits for, whatever the runtime makes of it. */
  get failed(): Promise<never> {
    return this.fatal.promise;
  }

  /** The stack that runs, where that may be suspended and there is a watch. */
  get currentStack(): GuestStack | undefined {
    return this.stack.getStore();
  }

  /** Ends the guest. Never returns. */
  end(outcome: Outcome): never {
    this.ending ??= outcome;
    return throwUncatchable();
  }

  /**
   * Makes a core instance, whose start function may run and call.
   * @throws WebAssembly.LinkError, and what the start function throws
   */
  instantiate(
    id: number,
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
  ): WebAssembly.Instance {
    const made = this.log.instantiate(id, this.logChanges);
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(module, imports);
    } catch (thrown) {
      if (thrown instanceof WebAssembly.LinkError) throw thrown;
      return this.unwound(made, thrown);
    }
    return instance;
  }

  /** The guest has stopped and its host goes on. */
  toHost(): void {
    this.changes.begin();
  }

  /**
   * @param reader knows what of memory the host will read; undefined for a function that takes no pointer
   * @param suspending whether the host may answer with a promise
   * @returns what the guest is to call
   */
  hostCall(
    func: LoggedFunction,
    host: CoreFunction,
    reader: CallReader | undefined,
    suspending: boolean,
  ): CoreFunction {
    return (...args) => {
      if (this.ending !== undefined) return throwUncatchable();
      let call: PendingCall | undefined;
      try {
        this.toHost();
        call = this.log.begin(func, args, reader?.read(args));
        const result = host(...args);
        if (suspending && isPromise(result)) return this.suspends(call, result);
        this.answered(call, result);
        if (this.depth === 0) this.wentOn(call.number, this.stack.getStore());
        return result;
      } catch (thrown) {
        return this.hostThrew(call, thrown);
      }
    };
  }

  /** The host will answer later: with it, the guest waits. */
  private suspends(call: PendingCall, result: Promise<unknown>): Promise<unknown> {
    this.log.suspended(call);
    this.suspensions++;
    const stack = this.stack.getStore();
    if (this.depth === 0) this.wentOn(call.number, stack);
    return result.then(
      (value) => {
        if (this.ending !== undefined) return throwUncatchable();
        this.answered(call, value);
        this.wentOn(this.log.next - 1, stack);
        this.changes.resumes();
        return value;
      },
      (thrown: unknown) => {
        this.changes.resumes();
        return this.hostThrew(call, thrown);
      },
    );
  }

  /**
   * @param results knows what of memory the runtime will read; undefined for a function that returns no pointer
   * @returns what the runtime is to call in place of an export
   */
  entry(func: LoggedFunction, real: CoreFunction, results?: ResultReader): CoreFunction {
    return (...args) => {
      if (this.ending !== undefined) return throwUncatchable();
      const entered = this.log.enter(func, args, false, this.logChanges);
      let returned: unknown;
      this.depth++;
      try {
        this.tasks.entered(func);
        returned = real(...args);
      } catch (thrown) {
        this.depth--;
        // a callback of a task, say: whoever waits for what else the task was to give must not wait for ever
        if (this.depth === 0) this.fail(thrown);
        return this.unwound(entered, thrown, func);
      }
      this.depth--;
      this.log.leave(entered, func.results, returned, results?.(returned));
      this.toHost();
      this.ran(entered);
      this.tasks.left(func, returned);
      return returned;
    };
  }

  /** As {@link entry}, for a guest that may suspend. */
  promising(func: LoggedFunction, real: CoreFunction, results?: ResultReader): CoreFunction {
    const promising = WebAssembly.promising(real as () => unknown) as (
      ...args: CoreValue[]
    ) => Promise<unknown>;
    return (...args) => {
      if (this.ending !== undefined) return throwUncatchable();
      const entered = this.log.enter(func, args, true, this.logChanges);
      this.tasks.entered(func);
      const { suspensions } = this;
      this.depth++;
      const stack: GuestStack | undefined = this.watch && {};
      const ended = stack ? this.stack.run(stack, () => promising(...args)) : promising(...args);
      this.depth--;
      // it has ended, though that is told later
      if (this.suspensions === suspensions) this.toHost();
      this.ran(entered, stack);
      return ended.then(
        (returned) => {
          if (this.ending !== undefined) return throwUncatchable();
          this.log.leave(entered, func.results, returned, results?.(returned));
          this.wentOn(this.log.next - 1, stack);
          this.toHost();
          this.tasks.left(func, returned);
          return returned;
        },
        (thrown: unknown) => {
          this.fail(thrown);
          return this.unwound(entered, thrown, func);
        },
      );
    };
  }

  private fail(thrown: unknown): void {
    const { fatal } = this;
    this.fatal = unobserved();
    fatal.reject(thrown);
  }

  private answered(call: PendingCall, result: unknown): void {
    this.log.answered(call, result, this.logChanges);
    // where something is written to memory that the log does not know
    if (this.ending !== undefined) throwUncatchable();
  }

  private hostThrew(call: PendingCall | undefined, thrown: unknown): never {
    const overflow = this.traps.overflowOf(thrown);
    // the stack may run out in here as well as in the guest; the call stays without an answer
    if (overflow !== undefined) return this.traps.endFor(overflow);
    if (this.ending !== undefined) {
      this.log.settle();
      // the runtime may have made another exception of it, which the guest could catch
      return throwUncatchable();
    }
    if (call === undefined) throw thrown;
    const failure = thrown === this.guestThrew ? thrown : hostFailure(call, thrown);
    this.log.threw(call, messageOf(failure), this.logChanges);
    throw failure;
  }

  /** @param func of an entry; undefined for a start function */
  private unwound(entered: number, thrown: unknown, func?: LoggedFunction): never {
    this.guestThrew = thrown;
    try {
      this.logUnwound(entered, thrown);
      if (func !== undefined) this.tasks.unwound(func);
      this.toHost();
      this.ran(entered);
    } catch (again) {
      // there is too little stack left for it here: who entered the guest before does it
      if (!isStackOverflow(again)) throw again;
    }
    throw thrown;
  }

  private logUnwound(entered: number, thrown: unknown): void {
    const { log, traps } = this;
    const outcome: Outcome = this.ending ?? { kind: 'trap', trap: traps.read(thrown) };
    const reason = JSON.stringify(outcome);
    if (traps.overflowOf(thrown) !== undefined) {
      log.recover();
      // what the host wrote before belongs to no answer
      if (traps.isOfHost(thrown)) this.logChanges();
    }
    // those for whose ends there was no room
    for (
      let inner = log.innerEntry(entered);
      inner !== undefined;
      inner = log.innerEntry(entered)
    ) {
      log.unwind(inner, reason);
    }
    log.unwind(entered, reason);
    this.unwoundAs = outcome;
  }

  private ran(entered: number, stack?: GuestStack): void {
    if (this.depth === 0) this.watch?.ran(entered, this.log.next - 1, stack);
  }

  /** A stack that had been suspended did what was logged since. */
  private wentOn(first: number, stack: GuestStack | undefined): void {
    if (stack !== undefined) this.watch?.wentOn(first, this.log.next - 1, stack);
  }

  /** What the host changed, before the event at which the guest goes on. */
  private readonly logChanges = (): void => {
    const message = this.changes.log(this.log);
    if (message !== undefined) this.ending ??= { kind: 'failed', message };
  };
}

/** That it is rejected is no failure where nobody waits for it. */
function unobserved(): PromiseWithResolvers<never> {
  const made = Promise.withResolvers<never>();
  made.promise.catch(() => undefined);
  return made;
}

/** Says whose fault it is: all that is seen of it is the end of the guest. */
function hostFailure({ func: { module, name } }: PendingCall, thrown: unknown): Error {
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new Error(`${module} ${name} threw ${what}`.trim(), { cause: thrown });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
