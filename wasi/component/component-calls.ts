/**
 * Follows the log of a component and says what its calls are for people: functions of interfaces, with
 * arguments and results as text. All events have to pass, in order: what a handle stands for comes from
 * the calls before, and what a call returned lies in memory that was written since it began.
 */
import { type CoreNumber, unsigned } from '../../wasm/component/flat-values.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import { Lifter } from '../../wasm/component/lifter.ts';
import { type Piece, PieceMemory, WrittenMemory } from '../../wasm/component/pieces.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { errorOf } from './copies.ts';
import type { CoreMeanings, ExportMeaning, Meaning } from './core-meanings.ts';
import type { CallAnswer, Crossing, DescribedCall, Followed } from './described-call.ts';
import { GuestTasks } from './guest-tasks.ts';
import { HandleFlow, type HandleWatch } from './handle-flow.ts';
import { KeptWrites, type WrittenSince } from './kept-writes.ts';
import type { PassageWatch } from './passage.ts';
import { PassedWrites } from './passed-writes.ts';
import type { CallSubject } from './resource-labels.ts';
import { type RuntimeCall, RuntimeCalls } from './runtime-calls.ts';
import type { ValueTextOptions } from './value-text.ts';

/** A call of a function that the host has not answered. */
interface OpenCall {
  readonly kind: 'function';
  readonly meaning: Meaning;
  readonly core: readonly CoreNumber[];
  readonly args: readonly WitValue[];
  readonly call: DescribedCall;
  readonly written: WrittenSince | undefined;
}

interface OpenRuntimeCall {
  readonly kind: 'runtime';
  readonly asked: RuntimeCall;
  readonly call: DescribedCall;
}

const CORE: Followed = { kind: 'core' };

export class ComponentCalls {
  private readonly meanings: CoreMeanings;
  private readonly lifter: Lifter;
  private readonly handles: HandleFlow;
  private readonly writes = new KeptWrites();
  private readonly tasks = new GuestTasks();
  private readonly runtime: RuntimeCalls;
  private readonly passage: PassageWatch | undefined;
  private readonly open = new Map<number, OpenCall | OpenRuntimeCall>();
  private readonly entered = new Map<number, ExportMeaning | undefined>();
  /** Only where functions are called that are passed what lies in memory: a command has none. */
  private readonly passed: PassedWrites | undefined;

  constructor(
    meanings: CoreMeanings,
    limits: Pick<ValueTextOptions, 'maxText' | 'maxItems'>,
    watch?: HandleWatch,
    passage?: PassageWatch,
  ) {
    this.meanings = meanings;
    this.lifter = new Lifter(meanings.words);
    this.handles = new HandleFlow(meanings, limits, watch);
    const { lifter, handles } = this;
    const { functions, lifted } = meanings.words;
    const called = lifted.flatMap(({ func }) => functions[func] ?? []);
    if (called.some((func) => lifter.pointsIn(func))) this.passed = new PassedWrites();
    this.passage = passage;
    this.runtime = new RuntimeCalls(lifter, handles, this.writes, this.tasks, passage);
  }

  /** Whether an event can matter to a call before it: one that has no answer yet. */
  get isFollowing(): boolean {
    return this.open.size > 0 || !this.writes.isEmpty;
  }

  /** Changes with what handles stand for. */
  get version(): number {
    return this.handles.version;
  }

  /** Whether each call of a function has to be followed: more comes of it than its answer. */
  mustFollow(func: number): boolean {
    const { meanings } = this;
    return (
      meanings.builtin(func) !== undefined ||
      meanings.imported(func)?.async === true ||
      meanings.moved(func) !== undefined
    );
  }

  /** @param memory as it is at a call; what the log has of it unless given */
  follow(event: Crossing, memory?: LiftMemory): Followed {
    if (event.changes !== undefined) this.writes.see(event.changes);
    if (event.kind === 'enter') this.passed?.see(event.changes ?? []);
    // memory that the guest gives for what is passed is part of it
    else if (event.kind !== 'leave' || this.entered.get(event.opened ?? -1)) this.passed?.forget();
    switch (event.kind) {
      case 'call':
      case 'open':
        return this.call(event, memory ?? new PieceMemory(piecesRead(event)));
      case 'return':
      case 'throw':
        return this.answer(event);
      case 'suspend':
        this.tasks.suspend(event.opened ?? -1);
        return CORE;
      case 'enter':
        return this.enter(event);
      case 'leave':
      case 'unwind':
        return this.leave(event);
      default:
        return CORE;
    }
  }

  private call(event: Crossing, memory: LiftMemory): Followed {
    const { number, func, kind } = event;
    this.tasks.called();
    if (kind === 'open') this.tasks.opened(number);
    if (func === undefined) return CORE;
    const meaning = this.meanings.imported(func.id);
    if (meaning === undefined) return this.callRuntime(event, func.id, memory);
    const { args: core = [] } = event;
    const args = this.lifter.params(meaning.func, core, memory, meaning);
    const { params, interface: of, name } = meaning.func;
    const call: DescribedCall = {
      number,
      interface: of,
      name,
      args: args.map((value, i) => ({
        name: params[i]?.name ?? '',
        text: this.handles.format(value, meaning.component),
      })),
      result: undefined,
      errno: undefined,
      path: this.handles.pathOfCall(meaning, args),
      bytes: bytesIn(args),
    };
    const waits = kind === 'open' || meaning.async === true;
    const changes = kind === 'call' ? event.changes : [];
    const written = waits ? this.writes.since(meaning.memory, undefined, changes) : undefined;
    const opened: OpenCall = { kind: 'function', meaning, core, args, call, written };
    if (kind === 'open') {
      this.open.set(number, opened);
      return { kind: 'begun', call };
    }
    return { kind: 'call', call: this.answered(opened, event) };
  }

  private callRuntime(event: Crossing, func: number, memory: LiftMemory): Followed {
    const meaning = this.meanings.builtin(func);
    if (meaning === undefined) {
      const how = this.meanings.moved(func);
      const [given = 0, got = 0] = [event.args?.[0], event.results?.[0]].map(unsigned);
      if (how !== undefined)
        this.handles.moved(how === 'given' ? given : undefined, got, event.number);
      if (how === 'given') this.passage?.moved(given, got);
      return CORE;
    }
    const asked = this.runtime.begin(event, meaning, memory);
    if (asked === undefined) {
      this.runtime.note(event, meaning);
      return CORE;
    }
    const { number, args, path } = asked;
    const none = { result: undefined, errno: undefined, bytes: undefined };
    const call = { number, interface: '', name: meaning.name, args, path, ...none };
    if (event.kind === 'open') {
      this.open.set(number, { kind: 'runtime', asked, call });
      return { kind: 'begun', call };
    }
    const answer = this.runtime.end(asked, event);
    // the runtime's way to see whether it has to wait
    if (meaning.name === 'waitable-set.poll' && answer.result === 'none') return CORE;
    return { kind: 'call', call: { ...call, ...answer } };
  }

  private answer(event: Crossing): Followed {
    const { opened: number = -1, kind } = event;
    this.tasks.answer(number);
    const opened = this.open.get(number);
    if (opened === undefined) return CORE;
    this.open.delete(number);
    if (kind === 'throw') {
      this.writes.end(opened.kind === 'function' ? opened.written : opened.asked.written);
      return { kind: 'failed', call: opened.call };
    }
    const call =
      opened.kind === 'function'
        ? this.answered(opened, event)
        : { ...opened.call, ...this.runtime.end(opened.asked, event) };
    return { kind: 'ended', call };
  }

  private answered(opened: OpenCall, event: Crossing): DescribedCall {
    const { meaning, args, call, written } = opened;
    const { number, results = [] } = event;
    const subject = this.handles.passed(meaning, args, number);
    if (meaning.async) {
      const { interface: of, name } = call;
      const waiting = { call: call.number, interface: of, name, self: undefined, written };
      const later = this.runtime.subtask(meaning.component, unsigned(results[0]), waiting, (at) =>
        this.result(opened, subject, [], written?.pieces ?? [], at),
      );
      if (later !== undefined) return { ...call, ...later };
    }
    const pieces = written?.pieces ?? piecesWritten(event, meaning.memory);
    const answer = this.result(opened, subject, results, pieces, number);
    this.writes.end(written);
    return { ...call, ...answer };
  }

  private result(
    { meaning, core, args, call }: OpenCall,
    subject: CallSubject,
    results: readonly CoreNumber[],
    pieces: readonly Piece[],
    event: number,
  ): CallAnswer {
    const value = this.lifter.result(
      meaning.func,
      core,
      results,
      new WrittenMemory(pieces),
      meaning,
    );
    this.handles.returned(meaning, args, subject, value, call.number, event);
    const { component } = meaning;
    this.passage?.called(meaning.func, { event: call.number, component, args, result: value });
    return {
      result: value && this.handles.format(value, meaning.component),
      errno: errorOf(value) ?? 'success',
      bytes: bytesIn([...args, ...(value === undefined ? [] : [value])]),
    };
  }

  private enter({ number, func, args = [] }: Crossing): Followed {
    const meant = func && this.meanings.exported(func.instance ?? 0, func.name);
    this.entered.set(number, meant);
    if (meant === undefined || func === undefined) {
      this.tasks.entered(number, undefined);
      return CORE;
    }
    const { role, component, func: of } = meant;
    const callback = meant.callback && `${func.instance ?? 0} ${meant.callback}`;
    if (of === undefined) {
      const [code = 0, handle = 0, payload = 0] = args.map(unsigned);
      this.tasks.goOn(number, callback ?? '', component, code, handle);
      const { name, arrived } = this.runtime.arrival(component, code, handle, payload, number);
      return { kind: 'resumed', task: this.tasks.current, event: name, arrived };
    }
    if (role === 'entry') this.tasks.begin(number, of, callback, component);
    else this.tasks.entered(number, undefined);
    const memory = this.passed?.take() ?? new PieceMemory([]);
    const values = this.lifter.params(of, args, memory, meant);
    for (const [i, value] of values.entries()) {
      const what = `${of.name} ${of.params[i]?.name ?? ''}`;
      this.handles.got(value, component, number, number, what);
    }
    const { name, interface: from } = of;
    const texts = values.map((one) => this.handles.format(one, component));
    const params = of.params.map((param) => param.name);
    return { kind: 'entered', name, interface: from, params, args: texts };
  }

  private leave(event: Crossing): Followed {
    const { kind, opened = -1, results = [] } = event;
    const isEntry = this.entered.has(opened);
    const meant = this.entered.get(opened);
    this.entered.delete(opened);
    if (kind === 'unwind') {
      this.tasks.ended(opened);
      // what is no entry is the making of an instance, whose start function trapped
      return isEntry && meant === undefined ? CORE : { kind: 'unwound' };
    }
    const says = meant?.callback !== undefined ? unsigned(results[0]) : undefined;
    const paused = this.tasks.left(opened, says);
    if (meant === undefined) return CORE;
    if (paused !== undefined) return { kind: 'paused', ...paused };
    // what gives its result with `task.return` returns nothing
    if (meant.role !== 'whole' || meant.func === undefined)
      return { kind: 'left', result: undefined };
    const memory = new PieceMemory(piecesRead(event));
    const value = this.lifter.returned(meant.func, results, memory, meant.encoding);
    return { kind: 'left', result: value && this.handles.format(value, meant.component) };
  }
}

/** What the host read of memory when it was called. */
function piecesRead({ hostReads }: Crossing): Piece[] {
  if (hostReads === undefined) return [];
  const pieces: Piece[] = [];
  let at = 0;
  for (const { address = 0, length = 0 } of hostReads.places) {
    pieces.push({ address, bytes: hostReads.kept.subarray(at, at + length) });
    at += length;
  }
  return pieces;
}

/** What it wrote before it answered at once. */
function piecesWritten({ changes = [] }: Crossing, of: number | undefined): Piece[] {
  return changes.flatMap(({ memory, address, bytes }) =>
    bytes === undefined || address === undefined || memory !== of ? [] : [{ address, bytes }],
  );
}

function bytesIn(values: readonly WitValue[]): number | undefined {
  let bytes: number | undefined;
  for (const value of values) {
    const inner =
      value.kind === 'bytes'
        ? value.length
        : value.kind === 'case' && value.value !== undefined
          ? bytesIn([value.value])
          : undefined;
    if (inner !== undefined) bytes = (bytes ?? 0) + inner;
  }
  return bytes;
}
