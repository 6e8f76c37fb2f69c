/** Answers questions about the inside of a run. One method a request. */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { disassemble } from '../../wasm/disassembly.ts';
import { globalNames } from '../../wasm/names.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { coverageOfRun } from '../profile/coverage.ts';
import { profileRun } from '../profile/profile.ts';
import type { WorksAhead } from '../requests/answering.ts';
import type { RequestOf } from '../requests/messages.ts';
import { searchMemory } from '../session/memory-search.ts';
import type { StackFrame } from '../session/messages.ts';
import { FrameNames } from '../source/frame-names.ts';
import { Symbols } from '../source/symbols.ts';
import type { EvaluatedValue, TypeText } from '../values/messages.ts';
import { whyNot } from '../values/variable-rows.ts';
import { BreakPlaces } from './break-places.ts';
import { checkCondition } from './conditions.ts';
import { Engine } from './engine.ts';
import { firstSeen } from './first-seen.ts';
import { framesAt } from './frames-at.ts';
import type { Mark } from './mark.ts';
import type {
  FunctionText,
  LocatedHistory,
  LocatedWrites,
  TravelRequests,
  TravelSetup,
} from './messages.ts';
import { guestAt } from './position.ts';
import type { OnEvent } from './runs.ts';
import { type StoppedGuest, stateAt } from './state-at.ts';
import { TravelTarget } from './travel-target.ts';
import { writesTo } from './writes.ts';

type Handlers = {
  readonly [K in keyof TravelRequests]: (
    params: TravelRequests[K]['params'],
    onEvent: (event: number) => void,
  ) => TravelRequests[K]['answer'] | Promise<TravelRequests[K]['answer']>;
};

export class Traveller implements Handlers, WorksAhead<TravelRequests> {
  private readonly trace: TraceReader;
  private readonly target: TravelTarget;
  private readonly onPreparing: (share: number) => void;
  private readonly names: FrameNames;
  private readonly othersNames = new Map<number, FrameNames>();
  private readonly keptBytes: number | undefined;
  private made: Engine | undefined;
  private known: Symbols | undefined;
  private breakPlaces: BreakPlaces | undefined;
  private turns: boolean | undefined;
  private globalNames: ReadonlyMap<number, string> | undefined;

  /**
   * @param options of time-travel.ts
   * @param onPreparing told, while a module is rewritten, which share of it is; what it throws ends that
   * @throws WasiRrError OPTION_INVALID; and as TraceReader.module
   */
  constructor(
    trace: TraceReader,
    { instance, keptBytes }: Pick<TravelSetup, 'instance' | 'keptBytes'> = {},
    onPreparing: (share: number) => void = () => {},
  ) {
    this.trace = trace;
    this.keptBytes = keptBytes;
    this.onPreparing = onPreparing;
    this.target = this.targetOf(instance);
    this.names = FrameNames.of(trace, this.target.moduleId);
  }

  /** @throws as writesTo */
  async writes(
    query: TravelRequests['writes']['params'],
    onEvent: OnEvent,
  ): Promise<LocatedWrites> {
    const { writes, ...rest } = await writesTo(this.target, query, onEvent);
    const located = writes.map((write) => {
      const { by, mark } = write;
      return by === 'host'
        ? { ...write, frame: undefined, call: this.callAt(mark.event) }
        : { ...write, frame: this.frame(mark.pc, undefined, write.instance), call: undefined };
    });
    return { ...rest, writes: located };
  }

  /** @throws as framesAt */
  async stack({ mark, instance }: TravelRequests['stack']['params'], onEvent: OnEvent) {
    const target =
      instance === undefined || instance === this.target.instance
        ? this.target
        : this.targetOf(instance);
    const begun = mark.pc < 0 ? { ...mark, event: this.callEvent(mark.event) } : mark;
    const frames = await framesAt(target, begun, onEvent);
    return frames.map(({ func, pc, instance: whose }) => this.frame(pc, func, whose ?? instance));
  }

  /** @throws as stateAt */
  async variables({ event }: TravelRequests['variables']['params'], onEvent: OnEvent) {
    const look = (guest: StoppedGuest) => this.engine.look.frames(guest);
    const frames = await stateAt(this.target, event, look, onEvent);
    return frames.map((frame) => this.described(frame));
  }

  /** @throws as Engine.move */
  async move({ from, motion }: TravelRequests['move']['params'], onEvent: OnEvent) {
    const arrival = await this.engine.move(from, motion, onEvent);
    const { frames, stack: entered } = await this.engine.at(arrival.mark, onEvent);
    const stack = frames.map(({ func, pc, locals }) => ({ ...this.frame(pc, func), locals }));
    return { ...arrival, stack, ...(this.takesTurns && { entered }) };
  }

  /** Of a component, guests may wait for each other in a replay: there is none but on request. */
  async workAhead(onEvent: OnEvent): Promise<void> {
    if (this.target.instance === undefined) await this.made?.ahead.work(onEvent);
  }

  worksAt({ name, params }: RequestOf<TravelRequests>): boolean {
    return name === 'move' && this.made?.ahead.worksAt(params.from, params.motion) === true;
  }

  /** Whether guests of a component are entered that could suspend, more than once. */
  private get takesTurns(): boolean {
    if (this.turns === undefined) {
      let entries = 0;
      if (this.target.instance !== undefined) {
        for (const event of this.trace.events()) {
          if (event.kind === 'enter' && event.async) entries++;
          if (entries > 1) break;
        }
      }
      this.turns = entries > 1;
    }
    return this.turns;
  }

  /** @throws as Engine.at */
  async frames({ mark }: TravelRequests['frames']['params'], onEvent: OnEvent) {
    const frames = this.engine.look.frames(await this.stopped(mark, onEvent));
    return frames.map((frame) => this.described(frame));
  }

  /** @throws as Engine.at */
  async rows({ mark, query }: TravelRequests['rows']['params'], onEvent: OnEvent) {
    return this.engine.look.rows(await this.stopped(mark, onEvent), query);
  }

  /** @throws as Engine.at; WasiRrError OPTION_INVALID for what has no value */
  async evaluate(
    question: TravelRequests['evaluate']['params'],
    onEvent: OnEvent,
  ): Promise<EvaluatedValue> {
    const { mark, place, expression, radix, keepAs } = question;
    const guest = await this.stopped(mark, onEvent);
    return answeredFor(expression, () =>
      this.engine.look.evaluate(guest, place, expression, radix, keepAs),
    );
  }

  /** @throws as Engine.at */
  async returned(
    { mark, returned, keepAs }: TravelRequests['returned']['params'],
    onEvent: OnEvent,
  ): Promise<EvaluatedValue | undefined> {
    const body = this.names.bodyOf(returned.func);
    if (body === undefined) return undefined;
    const guest = await this.stopped(mark, onEvent);
    return this.engine.look.returned(guest, returned, body.from, keepAs);
  }

  /** @throws as {@link evaluate} */
  async type(
    { mark, place, expression }: TravelRequests['type']['params'],
    onEvent: OnEvent,
  ): Promise<TypeText> {
    const guest = await this.stopped(mark, onEvent);
    return answeredFor(expression, () => {
      try {
        return this.engine.look.type(guest, place, expression);
      } catch (thrown) {
        const name = this.symbolNames.functionType(expression);
        if (name === undefined) throw thrown;
        return { name, size: undefined, lines: [{ text: name }] };
      }
    });
  }

  /** @throws as {@link evaluate} */
  async variableNames(
    { mark, place, of }: TravelRequests['variableNames']['params'],
    onEvent: OnEvent,
  ): Promise<readonly string[]> {
    const guest = await this.stopped(mark, onEvent);
    return answeredFor(of ?? 'names', () => this.engine.look.variableNames(guest, place, of));
  }

  /** @throws as Engine.history; WasiRrError OPTION_INVALID for what has no value */
  async history(
    { mark, place, of, radix, scope, keep }: TravelRequests['history']['params'],
    onEvent: OnEvent,
  ): Promise<LocatedHistory> {
    const query = { radix, scope: scope ?? 'call', keep } as const;
    const { now, func, changes, ...rest } = await this.engine
      .history(mark, place, of, query, onEvent)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof Unreadable)) throw thrown;
        throw new WasiRrError('OPTION_INVALID', `that has no value here: ${thrown.message}.`);
      });
    return {
      ...rest,
      ...{ type: now.type?.name ?? 'void', value: now.text, range: now.range },
      func: func === undefined ? undefined : this.functionNamed(func),
      changes: changes.map((change) => ({ ...change, frame: this.frame(change.mark.pc) })),
    };
  }

  /** As the source calls it. */
  private functionNamed(func: number): string {
    const body = this.names.bodyOf(func);
    const frame = body === undefined ? undefined : this.frame(body.from, func);
    return frame?.source.at(-1)?.name ?? frame?.name ?? `function ${func}`;
  }

  /** @throws as Engine.at */
  callOf({ mark, level }: TravelRequests['callOf']['params'], onEvent: OnEvent) {
    return this.engine.callOf(mark, level, onEvent);
  }

  /** @throws as Engine.at */
  async search({ mark, query }: TravelRequests['search']['params'], onEvent: OnEvent) {
    return searchMemory((await this.engine.at(mark, onEvent)).memory, query);
  }

  /** @throws as firstSeen */
  firstSeen({ bytes }: TravelRequests['firstSeen']['params'], onEvent: OnEvent) {
    return firstSeen(this.target, bytes, onEvent);
  }

  /** @throws WasiRrError EVENT_NOT_FOUND for a function without code */
  disassembly({ func }: TravelRequests['disassembly']['params']): FunctionText {
    const body = this.names.bodyOf(func);
    if (body === undefined) {
      throw new WasiRrError('EVENT_NOT_FOUND', `function ${func} has no code in the module.`);
    }
    this.globalNames ??= globalNames(this.target.module);
    const text = disassemble(this.target.module, body, {
      func: (index) => this.names.nameOf(index)?.name,
      global: (index) => this.globalNames?.get(index),
    });
    return { ...text, func, name: this.names.nameOf(func)?.name };
  }

  /** @throws WasiRrError OPTION_INVALID */
  checkCondition({ of, condition }: TravelRequests['checkCondition']['params']): undefined {
    checkCondition(this.engine.look, of, condition, (pc) => this.names.functionAt(pc));
  }

  /** @throws as Engine.at */
  async globals({ mark }: TravelRequests['globals']['params'], onEvent: OnEvent) {
    return (await this.engine.at(mark, onEvent)).globals;
  }

  /** @throws as Engine.at */
  async memory(
    { mark, address, length }: TravelRequests['memory']['params'],
    onEvent: (event: number) => void,
  ) {
    const { memory } = await this.engine.at(mark, onEvent);
    return { address, bytes: memory.slice(address, address + length), size: memory.length };
  }

  /** @throws as profileRun */
  profile(_params: TravelRequests['profile']['params'], onEvent: (event: number) => void) {
    return profileRun(this.target, this.names, onEvent);
  }

  /** @throws as coverageOfRun */
  coverage(_params: TravelRequests['coverage']['params'], onEvent: (event: number) => void) {
    return coverageOfRun(this.target, this.names, onEvent);
  }

  /** @throws as Symbols.list */
  symbols(query: TravelRequests['symbols']['params']) {
    return this.symbolNames.list(query);
  }

  completions({ prefix, kinds }: TravelRequests['completions']['params']) {
    return this.symbolNames.complete(prefix, kinds);
  }

  private get symbolNames(): Symbols {
    this.known ??= new Symbols(this.names, this.engine.lines);
    return this.known;
  }

  /** @throws as BreakPlaces.find */
  places({ spec }: TravelRequests['places']['params']) {
    this.breakPlaces ??= new BreakPlaces(this.target.module, this.names, this.engine.lines);
    return this.breakPlaces.find(spec).map((pc) => this.frame(pc));
  }

  private async stopped(mark: Mark, onEvent: OnEvent): Promise<StoppedGuest> {
    return guestAt(await this.engine.at(mark, onEvent));
  }

  private get engine(): Engine {
    this.made ??= new Engine(this.target, this.names, this.keptBytes);
    return this.made;
  }

  private callAt(number: number): string | undefined {
    const called = this.callEvent(number);
    const [event] = this.trace.events(called, called + 1);
    return event?.kind === 'call' || event?.kind === 'open' ? event.name : undefined;
  }

  /** Number of the call that an event answers; of any other event, its own. */
  private callEvent(number: number): number {
    const [event] = this.trace.events(number, number + 1);
    return event?.kind === 'return' || event?.kind === 'throw' ? event.opened : number;
  }

  private targetOf(instance: number | undefined): TravelTarget {
    const target = new TravelTarget(this.trace, instance);
    target.onPreparing = this.onPreparing;
    return target;
  }

  /** Of a component, with whose frame it is. */
  private described<Frame extends StackFrame>(frame: Frame): Frame {
    const instance = this.target.described();
    return instance === undefined ? frame : { ...frame, instance };
  }

  /** With its names. @param instance of a component; the one that is looked into unless given */
  private frame(pc: number, func?: number, instance = this.target.instance): StackFrame {
    const { target } = this;
    const described = target.described(instance);
    if (described === undefined) return this.names.frame(pc, func);
    let names = described.id === target.instance ? this.names : this.othersNames.get(described.id);
    if (names === undefined) {
      names = new FrameNames(target.moduleOf(described.id));
      this.othersNames.set(described.id, names);
    }
    return { ...names.frame(pc, func), instance: described };
  }
}

/** @throws WasiRrError OPTION_INVALID, which names the expression */
function answeredFor<T>(expression: string, answer: () => T): T {
  try {
    return answer();
  } catch (thrown) {
    throw new WasiRrError('OPTION_INVALID', `${expression}: ${whyNot(thrown)}.`);
  }
}
