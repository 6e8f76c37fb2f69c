/**
 * Which call of an asynchronous function, which task, the guest is at. By the canonical ABI its entry says what
 * to wait for, and its callback is called with what has come until it is done; what it gives it gives with
 * `task.return` in between. A task that suspends its stack goes on where its call was answered.
 */
import type { WitFunction } from '../../wasm/component/types.ts';
import type { Task } from './described-call.ts';

/** The low bits of what entry and callback return: what the task does next. The rest is the waitable set. */
const CODE_BITS = 4;
const NEXT = ['is done', 'yields', 'waits', 'polls'] as const;

/** Stacks and answers that are kept apart, and tasks among which one is looked for: a hostile log may have any number. */
const MAX_KEPT = 10_000;
const MAX_AMONG = 1000;

const NO_EVENT = 0;
const TASK_CANCELLED = 6;

/** What is entered, and by which task. */
interface Entry {
  readonly task: GuestTask | undefined;
  /** Whose task is known later, by what it keeps. */
  readonly among: readonly GuestTask[];
}

interface GuestTask extends Task {
  readonly callback: string | undefined;
  readonly component: number;
  /** What it does between callbacks. */
  rests: 'yields' | 'waits' | 'polls' | undefined;
  /** The set that it waits for. */
  set: number | undefined;
  /** What it keeps, by slot. */
  readonly kept: Map<number, number>;
}

export class GuestTasks {
  private readonly entries = new Map<number, Entry>();
  /** Entries whose guest runs, the innermost last. */
  private readonly running: number[] = [];
  /** Entry that made a call which is not answered. */
  private readonly callers = new Map<number, number>();
  private readonly suspended = new Set<number>();
  /** Entries whose call was answered, and which have not gone on: they do so in this order. */
  private readonly answered: number[] = [];
  /** Tasks that were left, by where they may be gone on with. */
  private readonly resting = new Map<string, Set<GuestTask>>();
  /** Of a waitable the set that it is in. */
  private readonly joined = new Map<string, number>();

  /** The task that runs; undefined where none does, or it cannot be told which. */
  get current(): Task | undefined {
    return this.entries.get(this.running.at(-1) ?? -1)?.task;
  }

  entered(number: number, task: GuestTask | undefined, among: readonly GuestTask[] = []): void {
    if (this.running.length >= MAX_KEPT) return;
    this.entries.set(number, { task, among });
    this.running.push(number);
  }

  begin(number: number, func: WitFunction, callback: string | undefined, component: number): void {
    const { interface: from, name } = func;
    const task = {
      entered: number,
      interface: from,
      name,
      callback,
      component,
      rests: undefined,
      set: undefined,
      kept: new Map<number, number>(),
    };
    this.entered(number, task);
  }

  /** A callback is called. @param callback with its instance */
  goOn(number: number, callback: string, component: number, event: number, handle: number): void {
    const set = this.joined.get(`${component} ${handle}`);
    const where = event === NO_EVENT ? 'yields' : event === TASK_CANCELLED ? 'all' : `${set}`;
    const found = this.resting.get(`${component} ${callback} ${where}`);
    const among = found === undefined || found.size > MAX_AMONG ? [] : [...found];
    const sure = among.length === 1 ? among[0] : undefined;
    if (sure !== undefined) this.goesOn(sure);
    this.entered(number, sure, among);
  }

  private rest(task: GuestTask): void {
    for (const place of placesOf(task)) {
      const there = this.resting.get(place);
      if (there === undefined) this.resting.set(place, new Set([task]));
      else there.add(task);
    }
  }

  private goesOn(task: GuestTask): void {
    for (const place of placesOf(task)) {
      const there = this.resting.get(place);
      there?.delete(task);
      if (there?.size === 0) this.resting.delete(place);
    }
  }

  /** @returns undefined for what was no task's entry or callback */
  left(
    number: number,
    code: number | undefined,
  ): { readonly task: Task | undefined; readonly how: (typeof NEXT)[number] } | undefined {
    const entry = this.entries.get(number);
    this.ended(number);
    if (entry === undefined || code === undefined) return undefined;
    const how = NEXT[code & ((1 << CODE_BITS) - 1)] ?? 'is done';
    const { task } = entry;
    if (task !== undefined && how !== 'is done') {
      task.rests = how;
      task.set = how === 'yields' ? undefined : code >>> CODE_BITS;
      this.rest(task);
    }
    return { task, how };
  }

  ended(number: number): void {
    this.entries.delete(number);
    remove(this.running, number);
    remove(this.answered, number);
  }

  /** The guest calls: with no guest on the stack, one goes on whose call was answered. */
  called(): void {
    if (this.running.length > 0) return;
    const next = this.answered.shift();
    if (next !== undefined) this.running.push(next);
  }

  /** A call that is not answered yet. */
  opened(call: number): void {
    const caller = this.running.at(-1);
    if (caller !== undefined) this.callers.set(call, caller);
  }

  suspend(call: number): void {
    const caller = this.callers.get(call);
    if (caller === undefined) return;
    this.suspended.add(call);
    remove(this.running, caller);
  }

  answer(call: number): void {
    const caller = this.callers.get(call);
    this.callers.delete(call);
    if (caller === undefined) return;
    if (!this.suspended.delete(call)) {
      // what was entered in the call waits, or has ended and that is told later
      const at = this.running.lastIndexOf(caller);
      if (at >= 0) this.running.length = at + 1;
      return;
    }
    if (this.answered.length < MAX_KEPT) this.answered.push(caller);
  }

  /** A waitable is put into a set; into none with 0. */
  join(component: number, handle: number, set: number): void {
    const key = `${component} ${handle}`;
    if (set === 0) this.joined.delete(key);
    else this.joined.set(key, set);
  }

  keep(slot: number, value: number): void {
    (this.current as GuestTask | undefined)?.kept.set(slot, value);
  }

  /** The guest asks for what its task keeps. */
  kept(slot: number, value: number): void {
    const number = this.running.at(-1) ?? -1;
    const entry = this.entries.get(number);
    if (entry === undefined || entry.task !== undefined || value === 0) return;
    const owners = entry.among.filter((task) => task.kept.get(slot) === value);
    const [task] = owners;
    if (owners.length !== 1 || task === undefined) return;
    this.goesOn(task);
    this.entries.set(number, { task, among: [] });
  }
}

function placesOf({ component, callback, rests, set }: GuestTask): string[] {
  const of = `${component} ${callback}`;
  const places = [`${of} all`];
  if (rests !== 'waits') places.push(`${of} yields`);
  if (rests !== 'yields') places.push(`${of} ${set}`);
  return places;
}

function remove(list: number[], number: number): void {
  const at = list.lastIndexOf(number);
  if (at >= 0) list.splice(at, 1);
}
