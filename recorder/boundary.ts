/**
 * The interposing layer: a function in place of every import, which logs the call before and after the
 * host answers it. Hot path, run for every WASI call in the guest's thread; bench/ measures it. Nothing
 * here knows a single function: what the host reads and writes comes from the table in wasi/.
 */
import { messageOf } from '../errors.ts';
import { writeEnter, writeLeave, writeUnwind } from '../traces/event-writer.ts';
import type { CoreValue, LoggedFunction, LoggedType } from '../traces/events.ts';
import type { Outcome } from '../traces/outcome.ts';
import type { ReadRule, WriteRule } from '../wasi/call.ts';
import { isStackOverflow } from '../wasm/traps.ts';
import { throwUncatchable } from '../wasm/uncatchable.ts';
import { CallLog, HEAD_ROOM } from './call-log.ts';
import { GuestMemory } from './guest-memory.ts';
import type { Host, HostFunction } from './hosts/host.ts';
import { ParanoidWatch } from './paranoid.ts';
import type { RingWriter } from './ring.ts';

// asked of the global object it is a getter's call each time, 15 ns
const clock = performance;

/** An imported function with its rules. */
export interface BoundaryFunction {
  readonly func: LoggedFunction;
  readonly reads: readonly ReadRule[];
  readonly writes: readonly WriteRule[];
  /** Undefined for `proc_exit`, which the boundary answers itself. */
  readonly host: HostFunction | undefined;
}

export interface BoundaryOptions {
  readonly ring: RingWriter;
  readonly host: Host;
  /** Bytes of what the host reads that are kept per call; paths and lists are kept in any case. */
  readonly payload: number;
  readonly paranoid: boolean;
}

export class Boundary {
  private readonly ring: RingWriter;
  private readonly log: CallLog;
  private readonly memory = new GuestMemory();
  private readonly paranoid: ParanoidWatch | undefined;
  private instantiated = false;
  /** Milliseconds on this thread's clock at which the last event ended. */
  private lastMs = clock.now();
  private events = 0;
  /** Why the guest was ended from inside a call; set before the uncatchable throw. */
  ending: Outcome | undefined;

  constructor({ ring, host, payload, paranoid }: BoundaryOptions) {
    this.ring = ring;
    this.log = new CallLog(ring, this.memory, host.sizes, payload);
    this.paranoid = paranoid ? new ParanoidWatch() : undefined;
  }

  /** The guest's memory, where it exports one, once it is instantiated. */
  bind(memory: WebAssembly.Memory | undefined): void {
    this.instantiated = true;
    if (memory !== undefined) this.memory.bind(memory);
  }

  /** The function that the guest imports. */
  wrap(target: BoundaryFunction): (...args: CoreValue[]) => number | undefined {
    // A fixed list of parameters, so that calls of every arity go one way. Missing ones are never looked at.
    return (a, b, c, d, e, f, g, h, i) =>
      this.call(target, [a, b, c, d, e, f, g, h, i] as readonly CoreValue[]);
  }

  /** Number of the event that is logged next: that of the call which the host is answering. */
  get nextEvent(): number {
    return this.events;
  }

  /** Logs the entry into an export and returns its event number. */
  enter(func: LoggedFunction, args: readonly CoreValue[]): number {
    this.ring.begin(HEAD_ROOM);
    writeEnter(this.ring.out, func, this.gap(), args, this.memory.pages());
    this.ring.commit(this.lastMs);
    return this.events++;
  }

  leave(entered: number, types: readonly LoggedType[], results: readonly CoreValue[]): void {
    const { ring } = this;
    const back = this.events - entered;
    ring.begin(HEAD_ROOM);
    writeLeave(ring.out, back, this.gap(), this.memory.pages(), types, results);
    ring.commit(this.lastMs);
    this.events++;
  }

  /** @param entered event number of the enter; -1 where instantiation itself ended so */
  unwind(entered: number, outcome: Outcome): void {
    const { ring } = this;
    const reason = JSON.stringify(outcome);
    // a call in which the stack ran out has left one
    ring.dropHalf();
    ring.begin(HEAD_ROOM + reason.length * 3);
    writeUnwind(ring.out, this.events - entered, this.gap(), this.memory.pages(), reason);
    ring.commit(this.lastMs);
    this.events++;
  }

  private call(target: BoundaryFunction, args: readonly CoreValue[]): number | undefined {
    if (this.ending !== undefined) return throwUncatchable();
    try {
      const enterMs = clock.now();
      if (this.memory.bytes.length === 0) this.memory.refresh();
      this.log.begin(target.func, target.reads, args, nanoseconds(enterMs - this.lastMs));
      this.lastMs = enterMs;
      if (target.host !== undefined) return this.answer(target, target.host, args, enterMs);
      return this.end({ kind: 'exit', code: (args[0] as number) >>> 0 });
    } catch (thrown) {
      if (!isStackOverflow(thrown)) throw thrown;
      // the stack may run out in here as well as in the guest; to the guest both are the same
      const trap = { kind: 'stack-overflow', message: messageOf(thrown), frames: [] } as const;
      this.ending ??= { kind: 'trap', trap };
      return throwUncatchable();
    }
  }

  private answer(
    target: BoundaryFunction,
    host: HostFunction,
    args: readonly CoreValue[],
    enterMs: number,
  ): number {
    const { func, reads, writes } = target;
    if (!this.memory.bound && reads.length + writes.length > 0) {
      return this.end({ kind: 'failed', message: this.withoutMemory(func.name) });
    }
    this.paranoid?.before(this.memory.bytes);
    let result: number;
    try {
      result = invoke(host, func.params.length, args);
    } catch (thrown) {
      if (isStackOverflow(thrown)) throw thrown;
      const message = `the host failed in ${func.name}: ${messageOf(thrown)}`;
      return this.end({ kind: 'failed', message });
    }
    const leaveMs = clock.now();
    const written = result === 0 ? writes : NO_WRITES;
    if (this.paranoid !== undefined) this.checkWrites(this.paranoid, func.name, written, args);
    this.log.end(written, args, nanoseconds(leaveMs - enterMs), result, leaveMs);
    this.events++;
    this.lastMs = leaveMs;
    return result;
  }

  /** Before the answer is logged: a call that fails this did not return, and a replay ends in it. */
  private checkWrites(
    paranoid: ParanoidWatch,
    name: string,
    writes: readonly WriteRule[],
    args: readonly CoreValue[],
  ): void {
    const untracked = paranoid.after(this.memory.bytes, this.log.written(writes, args));
    if (untracked === undefined) return;
    const message = `${name} wrote to guest memory where its rule says nothing: ${untracked}`;
    this.end({ kind: 'failed', message });
  }

  private withoutMemory(name: string): string {
    return this.instantiated
      ? `${name} needs the guest's memory, and the module exports none. Export it as "memory".`
      : `${name} is called while the module is instantiated (its start section), when a host cannot see ` +
          'its memory yet. Call it from _start or _initialize.';
  }

  /** Ends the guest from inside the call that was begun. */
  private end(ending: Outcome): never {
    this.log.endOpen(this.lastMs);
    this.events++;
    this.ending = ending;
    return throwUncatchable();
  }

  private gap(): number {
    const now = clock.now();
    const gap = nanoseconds(now - this.lastMs);
    this.lastMs = now;
    return gap;
  }
}

const NO_WRITES: readonly WriteRule[] = [];

function nanoseconds(ms: number): number {
  return ms > 0 ? Math.round(ms * 1e6) : 0;
}

type Nine = readonly [
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
];

// Hosts written in C++ count their arguments, so each gets exactly its own.
function invoke(host: HostFunction, arity: number, a: readonly CoreValue[]): number {
  const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = a as Nine;
  switch (arity) {
    case 0:
      return host();
    case 1:
      return host(a0);
    case 2:
      return host(a0, a1);
    case 3:
      return host(a0, a1, a2);
    case 4:
      return host(a0, a1, a2, a3);
    case 5:
      return host(a0, a1, a2, a3, a4);
    case 6:
      return host(a0, a1, a2, a3, a4, a5);
    case 7:
      return host(a0, a1, a2, a3, a4, a5, a6);
    case 8:
      return host(a0, a1, a2, a3, a4, a5, a6, a7);
    default:
      return host(a0, a1, a2, a3, a4, a5, a6, a7, a8);
  }
}
