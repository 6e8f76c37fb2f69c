/**
 * One replay through a rewritten module that can be left at any point: the guest is ended there, and its
 * memory, globals and frames stay as they were. Compared with the recording as far as it gets. Goes on past
 * the end of an interrupted recording, until the guest makes a call.
 */
import type { CoreValue } from '../../traces/events.ts';
import { isStackOverflow } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { GuestStacks } from '../component/guest-stacks.ts';
import { InstanceReplay } from '../component/instance-replay.ts';
import type { GuestRanges } from '../guest-ranges.ts';
import { FRAME_PC, RESULT_ROOM } from '../instrument/frame-layout.ts';
import { type Probes, probesOf } from '../instrument/hooks.ts';
import { applyPatch, goOn, switchOn } from '../instrument/patching.ts';
import { made } from '../replay-step.ts';
import { readGlobals } from '../session/globals.ts';
import type { GlobalValue } from '../session/messages.ts';
import {
  type Frame,
  frameSize,
  functionsOfFrames,
  readFrames,
  readInnermost,
  ticksOfFrames,
} from './frames.ts';
import { differs, forgetFrames } from './instrumented-replay.ts';
import type { Mark } from './mark.ts';
import type { Program } from './programs.ts';
import { type Returned, readReturned } from './returned.ts';
import type { StoppedGuest } from './state-at.ts';
import { frameOfTailCall } from './tail-calls.ts';
import type { TargetReplay, TravelTarget } from './travel-target.ts';

export interface ByteRange {
  readonly address: number;
  readonly length: number;
}

/** What is told of a run. Each may leave it. */
export interface ProbeEvents {
  /** Before the guest's first code. */
  readonly begin?: () => void;
  /** Before an instruction: one of the plan's breaks, or one that {@link ProbeRun.arm} asks for. */
  readonly stop?: (at: Mark) => void;
  /** The tick that was asked for: at the first instruction of a function or loop. */
  readonly ticked?: (at: Mark) => void;
  /** After a store; `at` is before it. */
  readonly wrote?: (at: Mark, address: number, length: number) => void;
  /** After a load; of an instruction that also stores, behind `wrote`. */
  readonly read?: (at: Mark, address: number, length: number) => void;
  /** What the host read, before a call is answered; `at` is before the call instruction. */
  readonly reading?: (at: Mark, ranges: readonly ByteRange[]) => void;
  /** A call of the host's, before its answer; `at` is before the call instruction. */
  readonly calling?: (at: Mark, name: string) => void;
  /** Calls before this event are not told. */
  readonly callingFrom?: number;
  /** The first `length` bytes of these ranges are about to be written, to answer the call. */
  readonly answering?: (ranges: readonly ByteRange[]) => void;
  /** An event and its effects. */
  readonly passed?: (event: number) => void;
  /** Of a component: another stack is the one that runs, or none; where it goes on, with a tick of its own. */
  readonly switched?: () => void;
  /** Of a component. */
  readonly stackEnded?: (stack: number) => void;
  /** From time to time while the guest computes past the end of the recording. */
  readonly beyond?: (at: Mark) => void;
}

/** Ticks between two looks at whether the run is to be given up: some milliseconds. */
const POLL_TICKS = 1 << 20;

/** Deep enough for every frame. */
export const ANY_DEPTH = 0x7fffffff;

export class ProbeRun {
  private readonly target: TravelTarget;
  private readonly program: Program;
  private readonly events: ProbeEvents;
  private readonly onEvent: (event: number) => void;
  private readonly replay: TargetReplay;
  private readonly stacks = new GuestStacks({ frames: 'spill' });
  private probes: Probes | undefined;
  /** What the guest exports: before its first code, too. */
  private exports: WebAssembly.Exports | undefined;
  /** The tick at which `ticksLeft` is 0, and the one that was asked for. */
  private base = 0;
  private wanted = Number.POSITIVE_INFINITY;
  /** What a user should know of how the run ended: of a stack overflow that was not come to again. */
  note: string | undefined;
  /** The watched range as it was last seen, where other instances can write to it. */
  private shared: { readonly address: number; readonly bytes: Uint8Array } | undefined;
  /** Whether the host has said what it writes at this event. */
  private told = false;
  private left: { readonly error: unknown } | undefined;
  private endTailCall: (() => void) | undefined;

  private readonly early: ReadonlySet<number> | undefined;
  private stepsAll = false;

  /**
   * @param onEvent is told of every event, and now and then without one; what it throws ends the run
   * @param early of the functions that step, those that do from the beginning; the others, whose stepping costs time
   *   where nobody looks, from {@link stepAll} on. All from the beginning unless given.
   */
  constructor(
    target: TravelTarget,
    program: Program,
    events: ProbeEvents,
    onEvent: (event: number) => void,
    early?: ReadonlySet<number>,
  ) {
    this.early = early;
    this.target = target;
    this.program = program;
    this.events = events;
    this.onEvent = onEvent;
    this.replay = target.replay(new Map([[target.instance, program]]), {
      endsInPlace: true,
      attach: (exports) => this.attach(exports),
      wrapImport: (answer) => this.wrap(answer),
      stacks: {
        switched: (stack, resumes) => this.switched(stack, resumes),
        ended: (stack) => {
          this.stacks.ended(stack);
          if (this.probes) events.stackEnded?.(stack);
        },
        nested: () => this.stacks.level(),
      },
      observer: {
        before: (event, func) => {
          onEvent(event);
          if (this.probes) this.endTailCall = frameOfTailCall(this.probes, this.program.layout);
          if (this.probes && events.calling && event >= (events.callingFrom ?? 0)) {
            events.calling(this.markOfCall(), func.name);
          }
        },
        ...(events.reading && {
          reads: (_event: number, ranges: GuestRanges) => {
            if (this.probes) events.reading?.(this.markOfCall(), partsOf(ranges, ranges.total));
          },
        }),
        writes: (_event, ranges, size) => {
          if (!this.probes || !events.answering) return;
          this.told = true;
          events.answering(partsOf(ranges, size));
        },
        after: (event) => {
          // of a component, the instance may not have been made yet
          if (this.probes === undefined) return;
          this.endTailCall?.();
          this.endTailCall = undefined;
          this.findOthersWrites();
          events.passed?.(event);
        },
      },
    });
  }

  /**
   * @returns `left`: {@link leave} was called; `ended`: the run has come to its end, and was as recorded
   * @throws WasiRrError DIVERGENCE where it was not; as GuestReplay.run; what a hook threw
   */
  async run(): Promise<'left' | 'ended'> {
    try {
      const steps = this.replay.steps();
      let step = steps.next();
      while (!step.done) {
        if (step.value.kind === 'passed') {
          const event = this.replay.events - 1;
          if (event >= 0 && this.probes) this.events.passed?.(event);
          if (this.probes && this.target.instance === undefined) forgetFrames(this.probes, 'spill');
          step = steps.next();
          continue;
        }
        if (step.value.kind === 'wait') {
          await step.value.until;
          if (this.left) break;
          step = steps.next();
          continue;
        }
        const ending = made(step.value);
        if (this.left || this.isPast) break;
        step = steps.next(ending);
      }
      if (step.done && step.value.kind === 'diverged') throw differs(step.value.divergence.event);
      if (step.done && step.value.kind === 'replayed') this.note = step.value.note;
    } catch (thrown) {
      if (!this.left) throw thrown;
    }
    if (this.left?.error !== undefined) throw this.left.error;
    return this.left ? 'left' : 'ended';
  }

  /** Ends the guest where it stands, from inside of a hook. @param error for `run` to throw */
  leave(error?: unknown): never {
    this.left = { error };
    if (this.replay instanceof InstanceReplay) this.replay.giveUp();
    return throwUncatchable();
  }

  /** Whether all that was recorded has been replayed. */
  private get isPast(): boolean {
    return this.replay.events >= this.target.trace.eventCount;
  }

  /** Number of the last event that has passed. */
  get event(): number {
    return this.replay.events - 1;
  }

  get tick(): number {
    return this.base - Number(this.global('ticksLeft').value);
  }

  /** Of a component, the stack that runs; undefined for none, and for a module. @see StackKeeper */
  get stack(): number | undefined {
    return this.stacks.now;
  }

  /** Frames of the guest, on the stack that runs. */
  get depth(): number {
    return Number(this.global('depth').value);
  }

  /** Asks for `ticked` at this tick, instead of any that was asked for before. */
  wantTick(tick: number): void {
    this.wanted = tick;
    this.schedule();
  }

  /** Asks for `stop` before each instruction in frames of at most this depth; 0 for none. */
  arm(depth: number): void {
    this.global('armed').value = depth;
  }

  /** Functions step from their next call on. */
  stepAll(): void {
    const { patch } = this.program;
    if (patch && !this.stepsAll) switchOn(this.guest, patch.functions);
    this.stepsAll = true;
  }

  /**
   * From inside of `ticked`: the frame that runs steps from there on, if it does not.
   * @param stays whether its function steps from then on in other calls as well
   * @returns false where it cannot
   */
  stepHere(at: Mark, func: number, stays: boolean): boolean {
    if (!this.program.patch?.resumable.get(func)?.has(at.pc)) return false;
    new DataView(this.framesMemory.buffer).setUint32(this.frameBase(func) + FRAME_PC, at.pc, true);
    goOn(this.guest, func, stays);
    return true;
  }

  /** Of each frame that does not step, outermost first: whose it is, and the last tick in it. */
  lastTicks(): ReturnType<typeof ticksOfFrames> {
    return ticksOfFrames(this.program.layout, this.framesMemory.buffer, this.top);
  }

  watch(address: number, length: number): void {
    if (this.target.sharers.length > 1) this.shared = { address, bytes: new Uint8Array(length) };
    this.keepShared();
    this.guest.watch(address, length);
  }

  /** Innermost first. @param pc of the innermost; that of its call unless given */
  frames(pc?: number): readonly Frame[] {
    return readFrames(this.program.layout, this.framesMemory.buffer, this.top, pc);
  }

  /** Functions of all frames, outermost first: that of depth `n` is at `n - 1`. */
  functions(): readonly number[] {
    return functionsOfFrames(this.program.layout, this.framesMemory.buffer, this.top);
  }

  /** The guest with its innermost frame alone, from inside of `stop`. @param func whose frame that is */
  innermost(func: number, pc: number): StoppedGuest {
    const { layout } = this.program;
    const frame = readInnermost(layout, this.framesMemory.buffer, this.top, func, pc);
    return { ...this.stopped(), frames: [frame] };
  }

  /** Where the innermost frame lies in the memory for frames. @param func whose it is */
  frameBase(func: number): number {
    return this.top - frameSize(this.program.layout, func);
  }

  /** Whether a frame of a function lies there. */
  isFrame(base: number, func: number): boolean {
    if (this.top < base + frameSize(this.program.layout, func)) return false;
    return new DataView(this.framesMemory.buffer).getUint32(base, true) === func;
  }

  /** What the function returned whose frame was left last. @param steps functions that tell */
  returned(steps: ReadonlySet<number>): Returned | undefined {
    return readReturned(this.program.layout, this.framesMemory.buffer, this.top, steps);
  }

  /** The memory for frames, live, and where the innermost one ends. */
  get framesMemory(): WebAssembly.Memory {
    return this.guest.memory('frames');
  }

  get top(): number {
    return Number(this.global('top').value);
  }

  /** From inside of a hook, until it ends. @param pc of the innermost frame; without it, no frames are given */
  stopped(pc?: number): StoppedGuest {
    const frames = pc === undefined ? [] : this.frames(pc);
    let globals: ReadonlyMap<number, GlobalValue['value']> | undefined;
    const global = (index: number) => {
      globals ??= new Map(this.globals().map((one) => [one.index, one.value]));
      const value = globals.get(index);
      return typeof value === 'string' ? undefined : value;
    };
    return { frames, memory: this.memory, global };
  }

  /** Memory 0, live; empty for a guest without one. */
  get memory(): Uint8Array {
    return this.target.memory(this.exports, this.program);
  }

  globals(): GlobalValue[] {
    const { globals } = this.program;
    const values = readGlobals(globals, this.exports);
    return globals.map(({ index, name, exported }, i) => ({
      ...{ index, name, exported },
      value: values[i] ?? 0,
    }));
  }

  /**
   * What other instances of a component wrote to the watched range since the event before, which no hook
   * tells: as if the host had answered with it.
   */
  private findOthersWrites(): void {
    const { shared, told } = this;
    this.told = false;
    if (shared === undefined) return;
    const { address, bytes } = shared;
    const { length } = bytes;
    const now = this.memory.subarray(address, address + length);
    if (!told && Buffer.compare(now, bytes.subarray(0, now.length)) !== 0) {
      this.events.answering?.([{ address, length }]);
    }
    this.keepShared();
  }

  private keepShared(): void {
    const { shared } = this;
    if (shared === undefined) return;
    const { address, bytes } = shared;
    bytes.set(this.memory.subarray(address, address + bytes.length));
  }

  private attach(exports: WebAssembly.Exports): void {
    const { events } = this;
    const { prefix, patch } = this.program;
    const probes = probesOf(exports, prefix);
    this.probes = probes;
    this.exports = exports;
    if (patch) applyPatch(patch.module, exports);
    if (patch) switchOn(probes, this.early ?? patch.functions);
    this.stacks.add(probes);
    probes.set('room', () => {
      const memory = probes.memory('frames');
      memory.grow(memory.buffer.byteLength / 65536);
      this.global('limit').value = memory.buffer.byteLength - RESULT_ROOM;
    });
    this.replay.endAtOverflow(probes, (pc, depth) => this.overflowed(pc, depth));
    probes.set('ticked', (pc, depth) => this.safely(() => this.ticked(pc, depth)));
    probes.set('stop', (pc, depth) => this.safely(() => events.stop?.(this.mark(pc, depth))));
    if (events.wrote) {
      probes.set('wrote', (pc, address, length) => {
        const depth = Number(this.global('depth').value);
        this.safely(() => events.wrote?.(this.mark(pc, depth), address, length));
        this.keepShared();
      });
    }
    if (events.read) {
      probes.set('read', (pc, address, length) => {
        const depth = Number(this.global('depth').value);
        this.safely(() => events.read?.(this.mark(pc, depth), address, length));
      });
    }
    this.schedule();
    events.begin?.();
  }

  /** The recorded run went no further than to this instruction, the first of its function. */
  private overflowed(pc: number, depth: number): void {
    const { steps, breaks } = this.program;
    const stops = breaks.has(pc) || (steps && Number(this.global('armed').value) >= depth);
    if (stops) this.safely(() => this.events.stop?.(this.mark(pc, depth)));
  }

  private wrap(answer: (...args: CoreValue[]) => CoreValue | undefined): unknown {
    return (...args: CoreValue[]) => {
      const result = answer(...args);
      const { ending } = this.replay;
      // a call that was under way when the recording was interrupted has no answer
      const unanswered = ending?.kind === 'log-ended' && this.lastIsOpen();
      if (unanswered || ending?.kind === 'unwound') throwUncatchable();
      return result;
    };
  }

  private lastIsOpen(): boolean {
    const [last] = this.target.trace.events(this.target.trace.eventCount - 1);
    return last?.kind === 'open';
  }

  private ticked(pc: number, depth: number): void {
    const at = this.mark(pc, depth);
    this.onEvent(at.event);
    if (at.tick === this.wanted) {
      this.wanted = Number.POSITIVE_INFINITY;
      this.events.ticked?.(at);
    }
    if (this.isPast) this.events.beyond?.(at);
    this.schedule();
  }

  private switched(stack: number | undefined, resumes: boolean): void {
    this.stacks.switchTo(stack);
    if (this.probes === undefined) return;
    if (resumes) {
      this.stacks.tick();
      this.schedule();
    }
    this.events.switched?.();
  }

  private schedule(): void {
    const { tick, wanted } = this;
    this.base = Math.min(wanted > tick ? wanted : Number.POSITIVE_INFINITY, tick + POLL_TICKS);
    this.global('ticksLeft').value = BigInt(this.base - tick);
    this.global('lastTick').value = BigInt(this.base);
  }

  private mark(pc: number, depth: number): Mark {
    return { event: this.event, tick: this.tick, depth, pc };
  }

  private markOfCall(): Mark {
    const [frame] = this.frames();
    return this.mark(frame?.pc ?? -1, this.depth);
  }

  /** A guest's catch_all takes any exception of JavaScript, and would go on. */
  private safely(hook: () => void): void {
    try {
      hook();
    } catch (thrown) {
      if (this.left) throw thrown;
      // no stack left in a hook is no stack left in the guest
      if (isStackOverflow(thrown)) throwUncatchable();
      this.leave(thrown);
    }
  }

  private get guest(): Probes {
    if (this.probes === undefined) throw new Error('a guest that does not exist yet');
    return this.probes;
  }

  private global(name: Parameters<Probes['global']>[0]): WebAssembly.Global {
    return this.guest.global(name);
  }
}

/** The first `size` bytes of some ranges. */
function partsOf(ranges: GuestRanges, size: number): ByteRange[] {
  const parts: ByteRange[] = [];
  let rest = size;
  for (let i = 0; i < ranges.count && rest > 0; i++) {
    const length = Math.min(rest, ranges.length(i));
    parts.push({ address: ranges.address(i), length });
    rest -= length;
  }
  return parts;
}
