/**
 * Calls of the component runtime in words: streams and futures with what passes through them, what tasks
 * return, and events with what they bring. What only tells the runtime how to go on (`context.get`,
 * `waitable.join`) is followed and has no words.
 */
import { type CoreNumber, integerOf, unsigned } from '../../wasm/component/flat-values.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import type { Lifter } from '../../wasm/component/lifter.ts';
import { WrittenMemory } from '../../wasm/component/pieces.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { builtinReads } from './builtin-reads.ts';
import { BLOCKED, type Copy, copied, copyOf, errorOf, placeOfRead } from './copies.ts';
import type { BuiltinMeaning } from './core-meanings.ts';
import type { CallAnswer, Crossing, LateAnswer, MemoryChange, Task } from './described-call.ts';
import type { GuestTasks } from './guest-tasks.ts';
import type { HandleFlow } from './handle-flow.ts';
import type { KeptWrites, WrittenSince } from './kept-writes.ts';
import type { PassageWatch } from './passage.ts';
import { argumentTexts, endOf, SPOKEN, selfText } from './runtime-words.ts';
import { Waiting, type WaitingCall } from './waiting.ts';

/** What was asked of the runtime, without its answer. */
export interface RuntimeCall {
  readonly meaning: BuiltinMeaning;
  readonly number: number;
  readonly core: readonly CoreNumber[];
  readonly args: readonly { readonly name: string; readonly text: string }[];
  readonly copy: Copy | undefined;
  readonly self: string | undefined;
  readonly path: string | undefined;
  readonly written: WrittenSince | undefined;
  /** Of which task something is returned. */
  readonly task: Task | undefined;
  /** What is passed. */
  readonly value: WitValue | undefined;
}

export interface RuntimeAnswer extends CallAnswer {
  readonly isLater?: boolean;
  readonly arrived?: LateAnswer;
}

/** What a waitable has to tell; by number. */
const EVENTS = [
  'none',
  'subtask',
  'stream-read',
  'stream-write',
  'future-read',
  'future-write',
  'task-cancelled',
] as const;

/** How a subtask is; by number. */
const SUBTASK = { starting: 0, started: 1, returned: 2 } as const;
const STATES = ['starting', 'started', 'returned', 'cancelled', 'cancelled'] as const;

const STATE_BITS = 4;

const NOTHING: RuntimeAnswer = { result: undefined, errno: 'success', bytes: undefined };

export class RuntimeCalls {
  private readonly lifter: Lifter;
  private readonly handles: HandleFlow;
  private readonly writes: KeptWrites;
  private readonly tasks: GuestTasks;
  private readonly waiting: Waiting;
  private readonly passage: PassageWatch | undefined;

  constructor(
    lifter: Lifter,
    handles: HandleFlow,
    writes: KeptWrites,
    tasks: GuestTasks,
    passage: PassageWatch | undefined,
  ) {
    this.passage = passage;
    this.lifter = lifter;
    this.handles = handles;
    this.writes = writes;
    this.tasks = tasks;
    this.waiting = new Waiting(writes);
  }

  /** @returns undefined for what has no words */
  begin(
    { kind, number, args: core = [], changes = [] }: Crossing,
    meaning: BuiltinMeaning,
    read: LiftMemory,
  ): RuntimeCall | undefined {
    const about = SPOKEN[meaning.name];
    if (about === undefined) return undefined;
    const { lifter } = this;
    const copy = about === 'copy' ? copyOf(meaning, core, lifter, read) : undefined;
    const task = about === 'task' ? this.tasks.current : undefined;
    const value = copy ? copy.data : builtinReads(meaning, lifter)?.(core, read);
    const format = (one: WitValue) => this.handles.format(one, meaning.component);
    const self = selfText(meaning, core, about, format);
    if (copy?.data !== undefined) {
      this.passage?.writes(meaning.component, copy.handle, copy.data);
    }
    return {
      meaning,
      number,
      core,
      copy,
      self,
      value,
      task,
      args: argumentTexts(meaning, {
        self,
        task,
        value: value && format(value),
        count: copy?.count,
      }),
      path: copy && this.handles.pathOf(meaning.component, unsigned(core[0])),
      written: this.waitsFor(meaning, core, copy, kind === 'call' ? changes : []),
    };
  }

  /** What has no words may say what others are about. */
  note({ args = [], results = [] }: Crossing, { name, component, slot = 0 }: BuiltinMeaning): void {
    const [first = 0, second = 0] = args.map(unsigned);
    if (name === 'waitable.join') this.tasks.join(component, first, second);
    else if (name === 'subtask.drop') this.waiting.forget(component, first);
    else if (name === 'context.set') this.tasks.keep(slot, first);
    else if (name === 'context.get') this.tasks.kept(slot, unsigned(results[0]));
  }

  /** Its answer. What was written for it is let go of. */
  end(call: RuntimeCall, { number: event, results = [] }: Crossing): RuntimeAnswer {
    const { meaning, core, copy, written } = call;
    const { component, name } = meaning;
    const handle = unsigned(core[0]);
    const result = unsigned(results[0]);
    if (copy !== undefined) return this.copied(call, copy, result, event);
    this.writes.end(written);
    const about = SPOKEN[name];
    if (about === 'cancel' || about === 'subtask') {
      return this.cancelled(component, handle, about, result, event);
    }
    if (about === 'drop') {
      this.waiting.forget(component, handle);
      this.handles.dropped(endOf(meaning, handle), component, event);
      this.passage?.dropped(component, handle);
      return NOTHING;
    }
    switch (name) {
      case 'stream.new':
      case 'future.new':
        return this.made(meaning, results[0], event);
      case 'task.return':
        return this.returned(call, event);
      case 'waitable-set.wait':
      case 'waitable-set.poll':
        return this.waited(call, result, event);
      case 'error-context.new':
        return { ...NOTHING, result: `error-context#${result}` };
      case 'error-context.debug-message': {
        const memory = new WrittenMemory(written?.pieces ?? []);
        const { lifter } = this;
        const text = lifter.stored('string', unsigned(core[1]), memory, meaning.encoding);
        return { ...NOTHING, result: this.handles.format(text, component) };
      }
      default:
        return NOTHING;
    }
  }

  /** An event tells of a waitable what has come. */
  arrival(
    component: number,
    code: number,
    handle: number,
    payload: number,
    event: number,
  ): { readonly name: string; readonly arrived: LateAnswer | undefined } {
    const name = EVENTS[code] ?? `event ${code}`;
    const isProgress = code === 1 && payload < SUBTASK.returned;
    if (code === 0 || name === 'task-cancelled' || isProgress) return { name, arrived: undefined };
    return { name, arrived: this.waiting.settle(component, handle, payload, event) };
  }

  /** A function was called that may return later. @returns the answer, where it says so */
  subtask(
    component: number,
    packed: number,
    call: Omit<WaitingCall, 'answer'>,
    answer: (event: number) => CallAnswer,
  ): RuntimeAnswer | undefined {
    const state = packed & ((1 << STATE_BITS) - 1);
    if (state === SUBTASK.returned) return undefined;
    const handle = packed >>> STATE_BITS;
    this.waiting.add(component, handle, {
      ...call,
      answer: (ended, event) =>
        ended === SUBTASK.returned ? answer(event) : { ...NOTHING, result: STATES[ended] ?? '?' },
    });
    return { ...NOTHING, result: `${STATES[state] ?? '?'} subtask#${handle}`, isLater: true };
  }

  private waitsFor(
    { name, memory }: BuiltinMeaning,
    core: readonly CoreNumber[],
    copy: Copy | undefined,
    changes: readonly MemoryChange[],
  ): WrittenSince | undefined {
    if (copy?.reads) return this.writes.since(memory, placeOfRead(copy, this.lifter), changes);
    if (SPOKEN[name] === 'set') {
      return this.writes.since(memory, { address: unsigned(core[1]), length: 8 }, changes);
    }
    if (name !== 'error-context.debug-message') return undefined;
    return this.writes.since(memory, undefined, changes);
  }

  private copied(call: RuntimeCall, copy: Copy, result: number, event: number): RuntimeAnswer {
    const { number, meaning, self, written } = call;
    const { component, name } = meaning;
    const answer = (packed: number, at: number): CallAnswer => {
      const text = (value: WitValue) => this.handles.format(value, component);
      const { value, count, ...done } = copied(copy, packed, written, this.lifter, text);
      this.writes.end(written);
      if (!copy.reads) this.passage?.wrote(component, copy.handle, count);
      if (value !== undefined) this.handles.got(value, component, number, at, name);
      return done;
    };
    if (copy.data !== undefined) this.handles.gave(copy.data, component, event, name);
    if (result !== BLOCKED) return answer(result, event);
    this.waiting.add(component, copy.handle, {
      call: number,
      interface: '',
      name,
      self,
      answer,
      written,
    });
    return { ...NOTHING, result: 'blocked', isLater: true };
  }

  private cancelled(
    component: number,
    handle: number,
    about: 'cancel' | 'subtask',
    result: number,
    event: number,
  ): RuntimeAnswer {
    if (result === BLOCKED) return { ...NOTHING, result: 'blocked', isLater: true };
    const arrived = this.waiting.settle(component, handle, result, event);
    const text = arrived?.result ?? (about === 'subtask' ? STATES[result] : undefined);
    return { ...NOTHING, result: text, ...(arrived && { arrived }) };
  }

  private made(meaning: BuiltinMeaning, packed: CoreNumber | undefined, event: number) {
    const { component } = meaning;
    const bits = BigInt.asUintN(64, integerOf(packed ?? 0));
    const readable = endOf(meaning, Number(bits & 0xffff_ffffn));
    const writable = endOf(meaning, Number(bits >> 32n));
    this.handles.made(readable, writable, component, event);
    this.passage?.made(component, readable.handle, writable.handle);
    const fields = [
      { name: 'readable', value: readable },
      { name: 'writable', value: writable },
    ];
    return { ...NOTHING, result: this.handles.format({ kind: 'record', fields }, component) };
  }

  private returned({ task, value, meaning }: RuntimeCall, event: number): RuntimeAnswer {
    const { component } = meaning;
    const result = value && this.handles.format(value, component);
    if (value !== undefined) {
      this.handles.gave(value, component, event, `${task?.name ?? 'task'} result`);
    }
    if (task === undefined) return NOTHING;
    this.passage?.returned(task, component, value, event);
    const { entered: call, interface: from, name } = task;
    const errno = errorOf(value) ?? 'success';
    const arrived = { call, interface: from, name, self: undefined, result, errno };
    return { ...NOTHING, arrived: { ...arrived, bytes: undefined } };
  }

  private waited(call: RuntimeCall, code: number, event: number): RuntimeAnswer {
    const { core, meaning, written } = call;
    const memory = new WrittenMemory(written?.pieces ?? []);
    const at = unsigned(core[1]);
    const words = [at, at + 4].map((address) => {
      const bytes = memory.read(address, 4);
      return bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    });
    const [handle = 0, payload = 0] = words;
    const { name, arrived } = this.arrival(meaning.component, code, handle, payload, event);
    return { ...NOTHING, result: name, ...(arrived && { arrived }) };
  }
}
