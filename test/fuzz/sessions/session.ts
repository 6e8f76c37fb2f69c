/**
 * A random session of the debugger: motions of every kind, forwards and backwards, from where the last one ended and
 * from elsewhere. Each must end where, and for the reason that, a list of all that the run did says; and what the guest
 * holds there must be what it holds in a replay that stops at every instruction.
 */
import { deepStrictEqual, strictEqual } from 'node:assert';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type {
  Arrival,
  Motion,
  PointRule,
  Points,
  StepSize,
  Watch,
  WatchOn,
} from '../../../replayer/timetravel/motions.ts';
import { guestAt } from '../../../replayer/timetravel/position.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import type { Random } from '../../wasi/random.ts';
import { calledAt, continued, type Expected, type Hit, stepped, type Tests } from './expected.ts';
import { lookAt, type State, stateAtPosition, stateOf } from './states.ts';
import type { Subject } from './subject.ts';
import type { Subjects } from './subjects.ts';
import { checkWrites } from './who-wrote.ts';

const SIZES: readonly [StepSize, ...StepSize[]] = [
  ...(['instruction', 'instruction-over', 'line', 'line-over', 'out'] as const),
];
const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
/** Hits of a breakpoint whose condition is tested: each time by a debugger of its own. */
const MAX_TESTED = 2000;
/** Last motions before what is wrong. */
const TOLD = 4;
const ANY_ACCESS: readonly [WatchOn, ...WatchOn[]] = ['change', 'write', 'read', 'access'];
const INNERMOST_CALL = { level: 0, call: 0 } as const;
const quiet = () => {};

interface Seen {
  readonly state: State;
  readonly after: string;
}

/** Motions of a session. */
const MOTIONS = 25;

/** In a run of any kind. @throws as {@link checkSession} */
export async function checkRandomSession(subjects: Subjects, random: Random): Promise<void> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES + 20;
  try {
    const subject = await subjects.any(random, true);
    // one that traps before its first instruction
    if (subject.marks.length > 0) await checkSession(subject, random, MOTIONS);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @throws AssertionError where the debugger says something else than what happened; with all motions up to there */
export async function checkSession(
  subject: Subject,
  random: Random,
  motions: number,
): Promise<void> {
  const session = new RandomSession(subject, random);
  try {
    for (let left = motions; left > 0; left--) await session.go();
    await session.checkStates();
  } catch (thrown) {
    if (thrown instanceof Error) {
      thrown.message = `${subject.name}:\n${session.story.slice(-TOLD).join('\n')}\n${thrown.message}`;
    }
    throw thrown;
  }
}

class RandomSession {
  readonly story: string[] = [];
  private readonly subject: Subject;
  private readonly random: Random;
  private readonly engine: Engine;
  /** Index of the instruction before which the guest stands. */
  private at: number;
  private readonly been: number[] = [];
  private readonly seen = new Map<number, Seen>();
  /** Some are used again: what the debugger remembers of them must be so. */
  private readonly points: { readonly points: Points; readonly tests: Tests }[] = [];

  constructor(subject: Subject, random: Random) {
    this.subject = subject;
    this.random = random;
    this.engine = new Engine(new TravelTarget(subject.trace, subject.instance), subject.names);
    this.at = random.below(subject.marks.length);
  }

  async go(): Promise<void> {
    const { random } = this;
    if (random.below(5) === 0) this.at = this.somewhere();
    const kind = random.below(21);
    if (kind < 9) await this.steps();
    else if (kind === 20) await (this.subject.instance === undefined && this.whoWrote());
    else if (kind < 14) await this.continues();
    else if (kind < 15) await this.returns();
    else if (kind < 16) await this.toEvent();
    else if (kind < 17) await this.toEnd();
    else await this.callOf();
    if (random.below(2) === 0) await this.looks();
  }

  /** One after the other, and mostly of one size: as people step. */
  private async steps(): Promise<void> {
    const { random } = this;
    const size = random.pick(SIZES);
    const reverse = random.below(2) === 0;
    const { points, tests } = random.below(4) === 0 ? await this.somePoints() : none();
    for (let left = 1 + random.below(4); left > 0; left--) {
      const motion = { kind: 'step', size, reverse, points } as const;
      await this.move(motion, stepped(this.subject, this.at, size, reverse, points, tests));
    }
  }

  private async continues(): Promise<void> {
    const { random } = this;
    const { points, tests } = await this.somePoints();
    const reverse = random.below(2) === 0;
    for (let left = 1 + random.below(3); left > 0; left--) {
      const motion = { kind: 'continue', reverse, points } as const;
      await this.move(motion, continued(this.subject, this.at, reverse, points, tests));
    }
  }

  /** To a hit, and back from there: it is the same one that is met. */
  private async returns(): Promise<void> {
    const { points, tests } = await this.somePoints();
    for (const reverse of [false, true, true, false]) {
      const motion = { kind: 'continue', reverse, points } as const;
      await this.move(motion, continued(this.subject, this.at, reverse, points, tests));
    }
  }

  private async toEvent(): Promise<void> {
    const { marks, trace } = this.subject;
    const event = this.random.below(trace.eventCount + 1) - 1;
    const found = marks.firstWhere((mark) => mark.event >= event);
    const index = Math.min(found, marks.length - 1);
    const reason = { kind: found > index ? 'end' : 'moved' } as const;
    await this.move(
      { kind: 'event', event },
      { index, causes: [{ reason, rule: undefined }], hits: [] },
    );
  }

  private async toEnd(): Promise<void> {
    const index = this.subject.marks.length - 1;
    const reason = { kind: 'moved' } as const;
    await this.move({ kind: 'end' }, { index, causes: [{ reason, rule: undefined }], hits: [] });
  }

  private async callOf(): Promise<void> {
    const mark = this.mark(this.at);
    const level = this.random.below(Math.min(mark.depth, 5));
    this.story.push(`call of frame ${level} at ${this.at} ${JSON.stringify(mark)}`);
    const expected = calledAt(this.subject, this.at, level);
    const found = await this.engine.callOf(mark, level, quiet);
    deepStrictEqual(found, expected === undefined ? undefined : this.mark(expected));
    if (expected !== undefined) this.at = expected;
  }

  private async whoWrote(): Promise<void> {
    const { random, subject } = this;
    const range = this.someRange();
    if (range === undefined) return;
    const until = random.below(3) > 0 ? this.somewhere() : undefined;
    const asked = { ...range, until, keep: random.pick([1, 4, 1000]) };
    this.story.push(`who wrote ${JSON.stringify(asked)}`);
    await checkWrites(subject, asked);
  }

  /** Around something that was accessed. */
  private someRange(): { readonly address: number; readonly length: number } | undefined {
    const { random, subject } = this;
    const access = subject.accesses[random.below(subject.accesses.length)];
    if (access === undefined) return undefined;
    const address = Math.max(0, access.address + random.below(access.length) - random.below(4));
    return { address, length: random.pick([1, 2, 4, 4, 8, 3, 20]) };
  }

  /** As where the user pauses; until something else is asked for, or it is done. */
  private async worksAhead(): Promise<void> {
    let left = this.random.below(4) === 0 ? this.random.below(40) : Number.POSITIVE_INFINITY;
    const overtaken = new Error('something else is asked for');
    await this.engine.ahead
      .work(() => {
        if (left-- <= 0) throw overtaken;
      })
      .catch((thrown: unknown) => {
        if (thrown !== overtaken) throw thrown;
      });
  }

  private async move(motion: Motion, expected: Expected): Promise<void> {
    const from = this.at;
    this.story.push(`from ${from} ${JSON.stringify([this.mark(from), motion])}`);
    if (this.random.below(3) === 0) await this.worksAhead();
    const arrival = await this.engine.move(this.mark(from), motion, quiet);
    const index = this.subject.marks.indexOf(arrival.mark);
    deepStrictEqual({ index, ...told(arrival) }, shown(expected, motion));
    this.at = index;
    this.been.push(index);
  }

  private async looks(): Promise<void> {
    const { engine, at } = this;
    const index = this.random.below(4) === 0 ? this.somewhere() : at;
    const after = this.story.at(-1) ?? '';
    this.story.push(`look at ${index}`);
    const state = stateAtPosition(await engine.at(this.mark(index), quiet), engine.look);
    const known = this.seen.get(index);
    if (known) deepStrictEqual(state, known.state, 'what it held when it was looked at before');
    else this.seen.set(index, { state, after });
  }

  /** Against a replay of its own. */
  async checkStates(): Promise<void> {
    const { seen, engine } = this;
    await lookAt(this.subject, new Set(seen.keys()), (index, guest, globals) => {
      const { state, after } = seen.get(index) as Seen;
      const truth = stateOf(guest, globals, engine.look);
      deepStrictEqual(state, truth, `at ${index}, after ${after}`);
    });
  }

  private somewhere(): number {
    const { random, been } = this;
    const { marks } = this.subject;
    const where = random.below(6);
    if (where === 0) return 0;
    if (where === 1) return marks.length - 1;
    if (where < 4 && been.length > 0) {
      const near = (been[random.below(been.length)] ?? 0) + random.below(60) - 30;
      return Math.max(0, Math.min(marks.length - 1, near));
    }
    return random.below(marks.length);
  }

  private mark(index: number): Mark {
    const mark = this.subject.marks.at(index);
    strictEqual(mark === undefined, false, `no instruction ${index}`);
    return mark as Mark;
  }

  private async somePoints(): Promise<{ readonly points: Points; readonly tests: Tests }> {
    const { random } = this;
    if (this.points.length > 0 && random.below(3) === 0) {
      return this.points[random.below(this.points.length)] ?? none();
    }
    const made = await this.newPoints();
    this.points.push(made);
    return made;
  }

  private async newPoints(): Promise<{ readonly points: Points; readonly tests: Tests }> {
    const { random, subject } = this;
    const { marks, calls } = subject;
    const some = (most: number) => Array.from({ length: random.below(most + 1) });
    const breaks = some(3).flatMap(() => this.somePlace());
    const isModule = subject.instance === undefined;
    const names = some(isModule ? 1 : 0).map(() =>
      random.below(4) === 0 ? '*' : (calls[random.below(calls.length)]?.name ?? 'fd_write'),
    );
    const watches: Watch[] = [];
    for (let left = random.below(3); left > 0; left--) {
      const range =
        (isModule && random.below(3) === 0 && (await this.ofVariable())) || this.someRange();
      const on = random.pick<WatchOn>(isModule ? ANY_ACCESS : ['change', 'write']);
      if (range) watches.push({ ...range, on });
    }
    const points: Points = { breaks: [...new Set(breaks)], calls: names, watches };
    if (random.below(2) === 0) return { points, tests: () => true };
    const rules: PointRule[] = [];
    const tests = new Map<number, (hit: Hit) => boolean>();
    const add = async (on: PointRule['on']) => {
      const number = rules.length + 1;
      const skip = random.below(3) === 0 ? { skip: random.below(4) } : {};
      const test = random.below(2) === 0 ? await this.condition(on, points) : undefined;
      rules.push({ number, on, ...skip, ...(test && { condition: test.condition }) });
      if (test) tests.set(number, test.test);
    };
    if (points.breaks.length > 0) await add({ kind: 'break', pcs: points.breaks });
    for (const name of names) await add({ kind: 'call', name });
    for (let watch = 0; watch < watches.length; watch++) await add({ kind: 'watch', watch });
    if (marks.length === 0) return none();
    return {
      points: { ...points, rules },
      tests: ({ number }, hit) => tests.get(number)?.(hit) ?? true,
    };
  }

  private async condition(
    on: PointRule['on'],
    points: Points,
  ): Promise<{ readonly condition: string; readonly test: (hit: Hit) => boolean } | undefined> {
    const { random } = this;
    const [divisor, rest] = [2 + random.below(3), random.below(2)];
    if (on.kind === 'watch') {
      const length = points.watches[on.watch]?.length ?? 0;
      if (![1, 2, 4, 8].includes(length)) return undefined;
      return random.pick([
        {
          condition: '$value != $old',
          test: (hit: Hit) => numberIn(hit, 'after') !== numberIn(hit, 'before'),
        },
        {
          condition: `$value % ${divisor} == ${rest}`,
          test: (hit: Hit) => numberIn(hit, 'after') % BigInt(divisor) === BigInt(rest),
        },
      ]);
    }
    if (on.kind !== 'break') return undefined;
    const named = random.below(2) === 0 && (await this.conditionOfVariable(on.pcs, divisor, rest));
    return named || this.conditionOfLocal(on.pcs, divisor, rest);
  }

  /** An instruction that is come to, or all of a line of the source. */
  private somePlace(): readonly number[] {
    const { pc } = this.mark(this.somewhere());
    const { places } = this.subject;
    const spec = this.random.below(2) === 0 ? places.lineAt(pc) : undefined;
    return spec === undefined ? [pc] : places.find(spec);
  }

  /** A variable that is a whole number, of a function that is running somewhere. */
  private async someVariable(index: number) {
    const { engine, random } = this;
    const guest = guestAt(await engine.at(this.mark(index), quiet));
    const names = engine.look
      .frames(guest)
      .slice(0, 1)
      .flatMap(({ variables: [own = []] }) => own.map(({ name }) => name));
    if (names.length === 0) return undefined;
    const name = names[random.below(names.length)] as string;
    try {
      const { number, address, size } = engine.look.evaluate(guest, INNERMOST_CALL, name);
      return number === undefined ? undefined : { name, number, address, size };
    } catch {
      return undefined;
    }
  }

  private async ofVariable() {
    const { address, size } = (await this.someVariable(this.somewhere())) ?? {};
    return address && size ? { address, length: size } : undefined;
  }

  private async conditionOfVariable(pcs: readonly number[], divisor: number, rest: number) {
    const { subject, random, engine } = this;
    const hits = subject.marks.indicesOf(new Set(pcs));
    if (hits.length > MAX_TESTED || hits.length === 0) return undefined;
    const found = await this.someVariable(hits[random.below(hits.length)] as number);
    if (found === undefined) return undefined;
    const condition = random.pick([
      `${found.name} % ${divisor} == ${rest}`,
      `${found.name} != ${found.number}`,
      `${found.name} <= ${found.number}`,
    ]);
    const isTrue = new Set<number>();
    let lacks = false;
    await lookAt(subject, new Set(hits), (index, guest) => {
      try {
        if (engine.look.isTrue(guest, condition)) isTrue.add(index);
      } catch {
        lacks = true;
      }
    });
    return lacks ? undefined : { condition, test: ({ index }: Hit) => isTrue.has(index) };
  }

  private async conditionOfLocal(pcs: readonly number[], divisor: number, rest: number) {
    const { subject, random } = this;
    const hits = new Set<number>();
    for (const index of subject.marks.indicesOf(new Set(pcs))) hits.add(index);
    if (hits.size > MAX_TESTED) return undefined;
    const local = random.below(3);
    const isTrue = new Set<number>();
    let lacks = false;
    await lookAt(subject, hits, (index, { frames: [frame] }) => {
      const value = frame?.locals[local];
      const isWhole = typeof value === 'bigint' || frame?.types[local] === 0x7f;
      if (!isWhole) lacks = true;
      else if (BigInt(value as number | bigint) % BigInt(divisor) === BigInt(rest)) {
        isTrue.add(index);
      }
    });
    if (lacks) return undefined;
    return {
      condition: `local${local} % ${divisor} == ${rest}`,
      test: ({ index }: Hit) => isTrue.has(index),
    };
  }
}

function none(): { readonly points: Points; readonly tests: Tests } {
  return { points: NO_POINTS, tests: () => true };
}

/** As a condition has them: signed from four bytes on. */
function numberIn({ reason }: Hit, which: 'before' | 'after'): bigint {
  if (reason.kind !== 'watch') throw new Error('no access');
  const bytes = Buffer.from(reason[which]);
  switch (bytes.length) {
    case 1:
      return BigInt(bytes.readUInt8());
    case 2:
      return BigInt(bytes.readUInt16LE());
    case 4:
      return BigInt(bytes.readInt32LE());
    default:
      return bytes.readBigInt64LE();
  }
}

function told({ others = [], hits, ...first }: Arrival) {
  const causes = [first, ...others].map(({ reason, rule, problem }) => {
    return { reason: plain(reason), rule, problem };
  });
  return { causes, hits };
}

function shown({ index, causes, hits }: Expected, motion: Motion) {
  const hasRules =
    motion.kind === 'continue' || (motion.kind === 'step' && !motion.reverse)
      ? motion.points.rules !== undefined
      : false;
  return {
    index,
    causes: causes.map(({ reason, rule }) => ({ reason: plain(reason), rule, problem: undefined })),
    hits: hasRules ? hits : undefined,
  };
}

function plain(reason: Arrival['reason']) {
  if (reason.kind !== 'watch') return reason;
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return { ...reason, before: hex(reason.before), after: hex(reason.after) };
}
