/**
 * A recorded run and all that happened in it, by one replay with a hook on every instruction, store and load: the
 * truth that sessions of the debugger are held against.
 */
import { strictEqual } from 'node:assert';
import type { GuestRanges } from '../../../replayer/guest-ranges.ts';
import { bodyReader } from '../../../replayer/instrument/body-reader.ts';
import { readLayout } from '../../../replayer/instrument/module-layout.ts';
import { isOverflow } from '../../../replayer/overflow.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { SourceLines } from '../../../replayer/source/source-lines.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import type { TraceReader } from '../../../traces/reader.ts';
import { allFunctions } from '../../replayer/instrument/variants.ts';
import { Truth } from '../../replayer/timetravel/every-instruction.ts';
import { LinePlaces } from './line-places.ts';
import { MarkList } from './mark-list.ts';
import { StackSteps } from './stack-steps.ts';

/** What an instruction did to memory 0, or what the call that it is had done. */
export interface Access {
  /** Index of the instruction. */
  readonly index: number;
  readonly did: 'read' | 'wrote';
  readonly by: 'guest' | 'host';
  readonly address: number;
  readonly length: number;
  /** What stands there afterwards; of a read, nothing. */
  readonly bytes: Uint8Array;
}

export interface HostCall {
  /** Index of the instruction that calls. */
  readonly index: number;
  readonly name: string;
}

/** Bytes around an access that a watchpoint may reach. */
const NEAR = 24;
const NOTHING = new Uint8Array(0);
/** Instructions after which all of memory is compared with what the accesses make of it. */
const COMPARED_EACH = 1 << 14;

export class Subject {
  readonly name: string;
  readonly trace: TraceReader;
  readonly names: FrameNames;
  readonly places: LinePlaces;
  readonly steps: Truth<MarkList> | StackSteps;
  /** Of a component, whose instructions these are. */
  readonly instance: number | undefined;
  /** Whether it came to the stack overflow with which the run ended, if it did. */
  readonly endsAsRecorded: boolean;
  readonly accesses: readonly Access[];
  readonly calls: readonly HostCall[];
  /** Memory before any code ran. */
  readonly initial: Uint8Array;

  private constructor(
    name: string,
    trace: TraceReader,
    { module, instance, moduleId }: TravelTarget,
    seen: Pick<Subject, 'accesses' | 'calls' | 'initial' | 'marks' | 'endsAsRecorded'> & {
      readonly stacks: readonly number[];
    },
  ) {
    this.name = name;
    this.trace = trace;
    this.instance = instance;
    this.endsAsRecorded = seen.endsAsRecorded;
    this.names = FrameNames.of(trace, moduleId);
    const { names } = this;
    const lines = new SourceLines(names);
    const functionAt = (pc: number) => names.functionAt(pc);
    this.places = new LinePlaces(module, names, lines);
    this.steps =
      instance === undefined
        ? new Truth(seen.marks, lines, functionAt)
        : new StackSteps(seen, trace, lines, functionAt);
    this.accesses = seen.accesses;
    this.calls = seen.calls;
    this.initial = seen.initial;
  }

  get marks(): MarkList {
    return this.steps.marks;
  }

  /**
   * @param instance of a component: only what its guests do by themselves is taken down, and no call of the host's
   * @throws AssertionError where hooks do not tell all that was written
   */
  static async of(name: string, trace: TraceReader, instance?: number): Promise<Subject> {
    const target = new TravelTarget(trace, instance);
    const stacks: number[] = [];
    let stack = -1;
    const marks = new MarkList();
    const accesses: Access[] = [];
    const calls: HostCall[] = [];
    let initial: Uint8Array = NOTHING;
    let memory = (): Uint8Array => NOTHING;
    let known = new Uint8Array(0);
    const compare = () => {
      const now = memory();
      if (known.length < now.length) known = grown(known, now.length);
      strictEqual(Buffer.compare(known, now), 0, `a write before ${marks.length} was not told`);
    };
    const wrote = (by: Access['by'], address: number, length: number) => {
      const bytes = memory().slice(address, address + length);
      if (known.length < address + length) known = grown(known, memory().length);
      known.set(bytes, address);
      accesses.push({ index: marks.length - 1, did: 'wrote', by, address, length, bytes });
    };
    const read = (by: Access['by'], address: number, length: number) => {
      accesses.push({ index: marks.length - 1, did: 'read', by, address, length, bytes: NOTHING });
    };
    let answered: { address: number; length: number }[] = [];
    const steps = allFunctions(target.module);
    const plan = { tick: true, frames: 'depth', watch: true, reads: true, steps } as const;
    const note = await replayInstrumented(
      target,
      plan,
      (running) => {
        const { probes, event } = running;
        running.onSwitch((to) => {
          stack = to ?? -1;
        });
        memory = running.memory;
        initial = memory().slice();
        known = initial.slice();
        probes.watch(0, 2 ** 32 - 16);
        probes.global('armed').value = 0x7fffffff;
        probes.set('stop', (pc, depth) => {
          if (instance === undefined && marks.length % COMPARED_EACH === 0) compare();
          if (instance !== undefined) stacks.push(stack);
          const tick = -Number(probes.global('ticksLeft').value);
          marks.push({ event: event(), tick, depth, pc });
        });
        probes.set('wrote', (_pc, address, length) => wrote('guest', address, length));
        probes.set('read', (_pc, address, length) => read('guest', address, length));
      },
      {
        before: (_event, { name }) => {
          if (instance === undefined) calls.push({ index: marks.length - 1, name });
        },
        reads: (_event, ranges) => {
          if (instance !== undefined) return;
          for (const one of partsOf(ranges, ranges.total)) read('host', one.address, one.length);
        },
        writes: (_event, ranges, size) => {
          answered = [...answered, ...partsOf(ranges, size)];
        },
        after: () => {
          for (const { address, length } of answered) wrote('host', address, length);
          answered = [];
        },
      },
    );
    const endsAsRecorded = note === undefined;
    if (instance !== undefined) {
      // what others write is told when it is found
      const alone = target.sharers.length === 1;
      const hosts = accesses.filter(({ by }) => by === 'host');
      const own = alone ? accesses.filter((one) => isOwn(one, hosts)) : [];
      return new Subject(name, trace, target, {
        ...{ marks, stacks, calls, initial, endsAsRecorded, accesses: own },
      });
    }
    compare();
    addOverflow(marks, trace);
    return new Subject(name, trace, target, {
      ...{ marks, stacks, accesses, calls, initial, endsAsRecorded },
    });
  }
}

/**
 * Where there was no stack for a call of the guest's, the debugger stands before the first instruction of the function
 * that was called, which is never executed.
 */
function addOverflow(marks: MarkList, trace: TraceReader): void {
  const { outcome } = trace.meta;
  const last = marks.at(marks.length - 1);
  if (last === undefined || outcome?.kind !== 'trap' || !isOverflow(outcome)) return;
  const [frame] = outcome.trap.frames;
  if (frame === undefined || outcome.trap.depth !== last.depth + 1) return;
  const layout = readLayout(trace.module());
  const reader = bodyReader(layout, frame.func - layout.importedFunctions);
  reader.next();
  const { event, tick, depth } = last;
  marks.push({ event, tick: tick + 1, depth: depth + 1, pc: reader.start });
}

/** Whether it is a store of the guest's, and the host never writes near there. */
function isOwn({ did, by, address, length }: Access, hosts: readonly Access[]): boolean {
  const isNear = (one: Access) =>
    one.address < address + length + NEAR && one.address + one.length + NEAR > address;
  return did === 'wrote' && by === 'guest' && !hosts.some(isNear);
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

function partsOf(ranges: GuestRanges, size: number): { address: number; length: number }[] {
  const parts: { address: number; length: number }[] = [];
  let left = size;
  for (let i = 0; i < ranges.count && left > 0; i++) {
    const length = Math.min(left, ranges.length(i));
    if (length > 0) parts.push({ address: ranges.address(i), length });
    left -= length;
  }
  return parts;
}
