/**
 * A random module, rewritten in random ways, against its told form: same end, results, memories, globals and tables;
 * and every hook tells what the told form told, in the same order: instructions with all frames and their locals,
 * ticks, entries, exits, reads and writes, counts, dirty pages; and V8's stack traces lead back to the same places.
 */
import { deepStrictEqual, fail, ok, strictEqual } from 'node:assert';
import { dirtyMap } from '../../../replayer/instrument/additions.ts';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import {
  applyPatch,
  makePatch,
  type Patch,
  switchOn,
} from '../../../replayer/instrument/patching.ts';
import { type InstrumentPlan, STORE_REACH } from '../../../replayer/instrument/plan.ts';
import {
  type InstrumentedModule,
  instrument,
  Rewriting,
} from '../../../replayer/instrument/rewrite.ts';
import { type LocalValue, readFrames } from '../../../replayer/timetravel/frames.ts';
import { growFrames } from '../../replayer/instrument/variants.ts';
import type { Random } from '../../wasi/random.ts';
import { type RandomModule, randomModule } from './random-module.ts';
import { type At, outcomeOf, quietImports, Telling, type Told } from './telling.ts';
import type { Kind } from './two-forms.ts';

/** Rewritings of each module. */
const REWRITINGS = 4;
/** Stops whose frames and stack traces are looked at: they are copied each time. */
const LOOKED_AT = 300;
/** More frames than the fuel of a module allows. */
const MAX_DEPTH = 400;

interface Truth {
  readonly told: readonly Told[];
  readonly outcome: ReturnType<typeof outcomeOf>;
}

/** @throws AssertionError where anything differs */
export function checkRewriting(random: Random): void {
  const module = randomModule(random);
  ok(WebAssembly.validate(module.plain), 'the plain form does not validate');
  ok(WebAssembly.validate(module.told), 'the told form does not validate');
  const telling = new Telling(module);
  const told = outcomeOf(new WebAssembly.Module(module.told), telling.imports);
  const plain = outcomeOf(new WebAssembly.Module(module.plain), quietImports());
  strictEqual(told.ending, plain.ending, 'the told form ends as the plain one');
  strictEqual(told.left, plain.left, 'the told form leaves what the plain one does');
  const truth = { told: telling.told, outcome: plain };
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_DEPTH;
  try {
    for (let left = REWRITINGS; left > 0; left--) {
      const given = randomPlan(random, module, truth.told);
      saying(given, () => checkPlan(random, module, truth, given));
    }
    checkTwice(random, module, truth);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** With the plan in what is thrown. */
function saying(plan: InstrumentPlan, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    if (thrown instanceof Error)
      thrown.message = `${JSON.stringify(plan, shown)}: ${thrown.message}`;
    throw thrown;
  }
}

function shown(_key: string, value: unknown): unknown {
  return value instanceof Set || value instanceof Map ? [...value] : value;
}

function randomPlan(random: Random, module: RandomModule, told: readonly Told[]): InstrumentPlan {
  const some = (nth: number) => random.below(nth) === 0;
  const pcs = [...new Set(told.flatMap((one) => (one.kind === 'at' ? [one.pc] : [])))];
  const frames = random.pick(['depth', 'spill', 'spill', undefined] as const);
  const functions = module.locals.map((_, i) => module.firstFunction + i);
  const nth = random.pick([1, 2, 4, 20]);
  // all but the ends of functions
  const ends = new Set(told.flatMap((one) => (isEnd(one, module) ? [one.pc] : [])));
  const counted = pcs.filter((pc) => !ends.has(pc));
  return {
    ...(some(2) && { tick: true }),
    ...(frames && { frames }),
    ...(some(2) && { watch: true }),
    ...(some(2) && { reads: true }),
    ...(some(3) && { dirty: true }),
    ...(some(2) && { breaks: new Set(pcs.filter(() => some(nth))) }),
    ...(frames && some(2) && { steps: new Set(functions.filter(() => some(2))) }),
    ...(frames && some(3) && { deepest: true }),
    ...(frames && some(3) && { calls: true }),
    ...(some(3) && { counts: new Map(counted.map((pc, i) => [pc, i])) }),
    ...(some(4) && { globals: true }),
  };
}

function isEnd(one: Told, { plain }: RandomModule): one is At {
  return one.kind === 'at' && !one.structure && plain[one.pc] === 0x0b;
}

interface Stop {
  readonly pc: number;
  readonly depth: number;
  readonly tick: number | undefined;
  readonly frames:
    | readonly {
        readonly pc: number;
        readonly func: number;
        readonly locals: readonly LocalValue[];
      }[]
    | undefined;
  readonly stack: readonly number[] | undefined;
}

/** What the hooks of one run told. */
class Heard {
  readonly stops: Stop[] = [];
  readonly ticked: Stop[] = [];
  readonly accesses: string[] = [];
  readonly calls: string[] = [];
  readonly deep: string[] = [];
  private readonly plan: InstrumentPlan;
  private readonly made: Made;
  private readonly probes: Probes;
  private readonly base: number;

  constructor(
    plan: InstrumentPlan,
    made: Made,
    probes: Probes,
    wanted: { readonly tick: number; readonly depth: number; readonly watch: Watched },
  ) {
    this.plan = plan;
    this.made = made;
    this.probes = probes;
    this.base = wanted.tick;
    if (plan.frames === 'spill') growFrames(probes);
    if (plan.steps) probes.global('armed').value = 0x7fffffff;
    if (plan.breaks || plan.steps) {
      probes.set('stop', (pc, depth) => this.stops.push(this.stop(pc, depth, this.stops.length)));
    }
    if (plan.tick) {
      probes.global('ticksLeft').value = BigInt(wanted.tick);
      probes.set('ticked', (pc, depth) => this.ticked.push(this.stop(pc, depth, 0)));
    }
    if (plan.watch || plan.reads) probes.watch(wanted.watch.from, wanted.watch.length);
    const access = (kind: string) => (pc: number, address: number, length: number) => {
      if (length > 0 && touches(wanted.watch, address, length)) {
        this.accesses.push(`${kind} ${pc} ${address} ${length}`);
      }
    };
    if (plan.watch) probes.set('wrote', access('wrote'));
    if (plan.reads) probes.set('read', access('read'));
    if (plan.calls) {
      probes.set('entered', (func, depth) => this.calls.push(`entered ${func} ${depth}`));
      probes.set('left', (func, depth) => this.calls.push(`left ${func} ${depth}`));
    }
    if (plan.deepest) {
      probes.global('deepest').value = wanted.depth;
      probes.set('deep', (pc, depth) => this.deep.push(`${pc} ${depth}`));
    }
  }

  private stop(pc: number, depth: number, number: number): Stop {
    const { probes, made, plan } = this;
    const looks = number < LOOKED_AT;
    const tick = plan.tick ? this.base - Number(probes.global('ticksLeft').value) : undefined;
    const spilled = looks && plan.frames === 'spill';
    const frames = spilled
      ? readFrames(
          made.layout,
          probes.memory('frames').buffer,
          Number(probes.global('top').value),
          pc,
        )
      : undefined;
    return { pc, depth, tick, frames, stack: looks ? originalStack(made) : undefined };
  }
}

interface Watched {
  readonly from: number;
  readonly length: number;
}

const WHOLE: Watched = { from: 0, length: 0xffff_fff0 };

function touches({ from, length }: Watched, address: number, size: number): boolean {
  return address < from + length && address + size > from;
}

/** Offsets of the frames in V8's stack trace, innermost first, in the module as it was. */
function originalStack(made: Made): number[] {
  const { stack = '' } = new Error('stack');
  const offsets = [...stack.matchAll(/wasm-function\[(\d+)\]:0x([\da-f]+)/g)];
  return offsets.map(([, func, offset = '']) =>
    made.original(Number.parseInt(offset, 16), Number(func)),
  );
}

/** A rewritten module, and what is put in the place of some of its functions. */
interface Made extends Omit<InstrumentedModule, 'original'> {
  readonly original: (offset: number, func: number) => number;
  readonly patch?: { readonly module: WebAssembly.Module } & Pick<Patch, 'functions'>;
}

function madeBy(random: Random, module: RandomModule, plan: InstrumentPlan): Made {
  const form = random.below(3);
  if (form === 0) return instrument(module.plain, plan);
  const parts = partsOf(random, module, plan);
  if (form === 1) return inParts(parts, module, plan);
  return patched(parts, module, plan) ?? inParts(parts, module, plan);
}

function checkPlan(random: Random, module: RandomModule, truth: Truth, plan: InstrumentPlan): void {
  const { told, outcome } = truth;
  const made = madeBy(random, module, plan);
  const bytes = Uint8Array.from(made.bytes);
  ok(WebAssembly.validate(bytes), 'it does not validate');
  checkSections(module.plain, bytes);
  const accesses = told.flatMap((one) =>
    one.kind === 'wrote' || one.kind === 'read' ? [one] : [],
  );
  const place = accesses[random.below(accesses.length)];
  const narrow = place && {
    from: place.address + random.below(place.length),
    length: 1 + random.below(4),
  };
  const watch = narrow && random.below(2) === 0 ? narrow : WHOLE;
  const ticks = told.filter((one) => one.kind === 'tick').length;
  const wanted = { tick: 1 + random.below(ticks + 1), depth: 1 + random.below(4), watch };
  let heard: Heard | undefined;
  let probes: Probes | undefined;
  const stacks: (readonly number[])[] = [];
  const imports = quietImports(() => stacks.push(originalStack(made)));
  const run = outcomeOf(new WebAssembly.Module(bytes), imports, (exports) => {
    probes = probesOf(exports, made.prefix);
    if (made.patch) {
      applyPatch(made.patch.module, exports);
      switchOn(probes, made.patch.functions);
    }
    heard = new Heard(plan, made, probes, wanted);
    return made.start === undefined ? undefined : (exports[made.start] as () => void);
  });
  ok(heard && probes, 'it was never there');
  checkOutcome(outcome, run);
  const expected = expectations(told, plan, watch);
  compareStops('stops', heard.stops, expected.stops, module, plan);
  if (plan.tick) {
    strictEqual(wanted.tick - Number(probes.global('ticksLeft').value), ticks, 'ticks');
    const at = expected.ticks[wanted.tick - 1];
    compareStops('ticked', heard.ticked, at ? [at] : [], module, plan);
  }
  deepStrictEqual(heard.accesses, expected.accesses, 'accesses');
  deepStrictEqual(heard.calls, expected.calls, 'calls');
  if (plan.deepest) {
    deepStrictEqual(
      heard.deep,
      expected.entries.filter((one) => one.endsWith(` ${wanted.depth}`)),
      'deep',
    );
  }
  if (plan.frames && run.ending === 'returned') {
    strictEqual(probes.global('depth').value, 0, 'depth at the end');
    if (plan.frames === 'spill') strictEqual(probes.global('top').value, 0, 'top at the end');
  }
  if (plan.counts) {
    const counts = new BigUint64Array(probes.memory('counts').buffer);
    for (const [pc, number] of plan.counts) {
      strictEqual(Number(counts[number]), expected.counts.get(pc) ?? 0, `count of ${pc}`);
    }
  }
  if (plan.dirty) {
    for (const memory of module.memories.keys()) {
      const map = Buffer.from(probes.memory(dirtyMap(memory)).buffer);
      checkMarks(map, expected.dirty[memory] ?? [], `dirty pages of memory ${memory}`);
    }
  }
  deepStrictEqual(stacks, expected.probed, 'stacks of calls of the host');
}

function checkOutcome(outcome: Truth['outcome'], run: Truth['outcome']): void {
  if (outcome.exports !== undefined) {
    strictEqual(run.ending, outcome.ending, 'how it ends');
    strictEqual(run.left, outcome.left, 'what it leaves');
    return;
  }
  // a start function that failed: then nothing is to be seen of the module as it was
  const plain = outcome.ending.replace(/.*exception.*/, 'exception');
  strictEqual(
    run.ending.replace(/.*exception.*/, 'exception'),
    plain,
    'how its start function ends',
  );
}

/** Rewritten once more, in another way, it does the same. */
function checkTwice(random: Random, module: RandomModule, { told, outcome }: Truth): void {
  const first = instrument(module.plain, {
    ...randomPlan(random, module, told),
    breaks: new Set(),
  });
  const second = instrument(Uint8Array.from(first.bytes), {
    ...{ tick: true, watch: true, reads: true, dirty: true, calls: true },
    ...{ frames: 'spill', steps: new Set(module.locals.map((_, i) => module.firstFunction + i)) },
  });
  const bytes = Uint8Array.from(second.bytes);
  ok(WebAssembly.validate(bytes), 'rewritten twice, it does not validate');
  const run = outcomeOf(new WebAssembly.Module(bytes), quietImports(), (exports) => {
    const inner = probesOf(exports, first.prefix);
    const outer = probesOf(exports, second.prefix);
    growFrames(outer);
    try {
      growFrames(inner);
    } catch {
      // it keeps no frames
    }
    outer.global('armed').value = 0x7fffffff;
    const start = second.start ?? first.start;
    return start === undefined ? undefined : (exports[start] as () => void);
  });
  checkOutcome(outcome, run);
}

interface Parts {
  /** Functions that stop anywhere, and some others. */
  readonly other: ReadonlySet<number>;
  /** Without what only these need. */
  readonly base: InstrumentPlan;
}

function partsOf(random: Random, module: RandomModule, plan: InstrumentPlan): Parts {
  const { breaks, steps, ...rest } = plan;
  const none = {
    ...(breaks && { breaks: new Set<number>() }),
    ...(steps && { steps: new Set<number>() }),
  };
  const stopping = module.places.filter(({ pc, func }) => breaks?.has(pc) || steps?.has(func));
  const other = new Set(stopping.map(({ func }) => func));
  for (const [i] of module.locals.entries()) {
    if (random.below(4) === 0) other.add(module.firstFunction + i);
  }
  return { other, base: { ...rest, ...none } };
}

/** The others are rewritten once more: all are as one plan has them. */
function inParts({ other, base }: Parts, module: RandomModule, plan: InstrumentPlan): Made {
  return new Rewriting(module.plain, base, { added: plan }).module(other, plan);
}

/** The others stand in a module of their own; undefined where they cannot. */
function patched({ other, base }: Parts, module: RandomModule, plan: InstrumentPlan) {
  const both = { patchable: true, globals: true };
  const added = { ...plan, ...both };
  const rewriting = new Rewriting(module.plain, { ...base, ...both }, { added });
  const made = rewriting.module();
  const patch = makePatch(made.layout, rewriting.added, other, plan);
  if (patch === undefined) return undefined;
  const bytes = Uint8Array.from(patch.bytes);
  ok(WebAssembly.validate(bytes), 'the patch does not validate');
  const original = (offset: number, func: number) =>
    (patch.functions.has(func) ? patch.original : made.original)(offset);
  const { functions } = patch;
  return { ...made, original, patch: { module: new WebAssembly.Module(bytes), functions } };
}

/** Names stay as they were. */
function checkSections(plain: Uint8Array, bytes: Uint8Array): void {
  const names = (of: Uint8Array) =>
    WebAssembly.Module.customSections(new WebAssembly.Module(Uint8Array.from(of)), 'name').map(
      (one) => Buffer.from(one).toString('hex'),
    );
  deepStrictEqual(names(bytes), names(plain), 'names');
}

interface ExpectedStop {
  readonly at: At;
  /** All frames, outermost first. */
  readonly frames: readonly At[];
}

function expectations(told: readonly Told[], plan: InstrumentPlan, watch: Watched) {
  const stops: ExpectedStop[] = [];
  const ticks: ExpectedStop[] = [];
  const probed: number[][] = [];
  const counts = new Map<number, number>();
  const calls: string[] = [];
  const entries: string[] = [];
  const accesses: string[] = [];
  const dirty: [Extent[], Extent[]] = [[], []];
  let stack: readonly At[] = [];
  let entered = 0;
  for (const [i, one] of told.entries()) {
    switch (one.kind) {
      case 'at': {
        stack = [...stack.slice(0, one.depth - 1), one];
        counts.set(one.pc, (counts.get(one.pc) ?? 0) + 1);
        const steps = plan.steps?.has(one.func) === true && !one.structure;
        if (plan.breaks?.has(one.pc) || steps) stops.push({ at: one, frames: stack });
        break;
      }
      case 'entered':
        entered = one.depth;
        if (plan.calls) calls.push(`entered ${one.func} ${one.depth}`);
        break;
      case 'left':
        // a tail call, of a function of the host perhaps
        stack = stack.slice(0, one.depth - 1);
        if (plan.calls) calls.push(`left ${one.func} ${one.depth}`);
        break;
      case 'tick': {
        const next = nextPlace(told, i);
        if (entered > 0) entries.push(`${one.pc} ${one.depth}`);
        entered = 0;
        const at = { ...next, pc: one.pc, depth: one.depth };
        ticks.push({ at, frames: [...stack.slice(0, one.depth - 1), at] });
        break;
      }
      case 'probe':
        probed.push(stack.map(({ pc }) => pc).toReversed());
        break;
      case 'wrote':
      case 'read':
        if (
          plan[one.kind === 'wrote' ? 'watch' : 'reads'] &&
          touches(watch, one.address, one.length)
        ) {
          accesses.push(`${one.kind} ${one.pc} ${one.address} ${one.length}`);
        }
        if (one.kind === 'wrote') dirty[0].push(one);
        break;
      case 'attempt':
        dirty[0].push(one);
        break;
      case 'second':
        dirty[1].push(one);
        break;
    }
  }
  return { stops, ticks, probed, counts, calls, entries, accesses, dirty };
}

function nextPlace(told: readonly Told[], from: number): At {
  for (let i = from; i < told.length; i++) {
    const one = told[i];
    if (one?.kind === 'at') return one;
  }
  throw new Error('a tick without an instruction behind it');
}

interface Extent {
  readonly address: number;
  readonly length: number;
}

/** Nothing is marked that was not written to; and all that was is seen by who looks a little beyond marked pages. */
function checkMarks(map: Buffer, writes: readonly Extent[], what: string): void {
  const touched = new Set<number>();
  for (const { address, length } of writes) {
    const end = address + length;
    const first = address >> 12;
    for (let page = first; length > 0 && page << 12 < end; page++) {
      touched.add(page);
      const reached = page > first && map[page - 1] === 1 && end - (page << 12) <= STORE_REACH;
      if (map[page] !== 1 && !reached) fail(`${what}: ${page} is not marked`);
    }
  }
  for (let page = map.indexOf(1); page >= 0; page = map.indexOf(1, page + 1)) {
    if (!touched.has(page)) fail(`${what}: ${page} is marked`);
  }
}

function compareStops(
  what: string,
  heard: readonly Stop[],
  expected: readonly ExpectedStop[],
  { locals, firstFunction }: RandomModule,
  plan: InstrumentPlan,
): void {
  const place = ({ pc, depth, tick }: Pick<Stop, 'pc' | 'depth' | 'tick'>) =>
    `${pc} ${plan.frames ? depth : -1} ${plan.tick ? tick : ''}`;
  deepStrictEqual(
    heard.map((one) => place(one)),
    expected.map(({ at }) => place(at)),
    what,
  );
  for (const [i, { stack, frames }] of heard.entries()) {
    const known = expected[i]?.frames.toReversed() ?? [];
    const where = `${what} ${i}`;
    if (stack)
      deepStrictEqual(
        stack,
        known.map(({ pc }) => pc),
        `the stack trace at ${where}`,
      );
    if (frames === undefined) continue;
    const same = (func: number, pc: number, values: readonly unknown[]) => ({ func, pc, values });
    deepStrictEqual(
      frames.map(({ func, pc, locals: values }) => same(func, pc, values.map(comparable))),
      known.map(({ func, pc, locals: bits }) =>
        same(func, pc, valuesOf(locals[func - firstFunction] ?? [], bits)),
      ),
      `frames at ${where}`,
    );
  }
}

/** NaNs as one: reading a number may make it quiet. */
function comparable(value: LocalValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return Number.isNaN(value) ? 'NaN' : value;
}

/** From what was told of locals, as frames have them. */
function valuesOf(kinds: readonly Kind[], bits: readonly (number | bigint)[]): unknown[] {
  let next = 0;
  const view = new DataView(new ArrayBuffer(16));
  return kinds.map((kind) => {
    const own = bits[next];
    switch (kind) {
      case 'i32':
      case 'i64':
        next++;
        return own;
      case 'f32':
        next++;
        view.setInt32(0, Number(own), true);
        return comparable(view.getFloat32(0, true));
      case 'f64':
        next++;
        view.setBigInt64(0, BigInt(own ?? 0), true);
        return comparable(view.getFloat64(0, true));
      case 'v128':
        view.setBigInt64(0, BigInt(own ?? 0), true);
        view.setBigInt64(8, BigInt(bits[next + 1] ?? 0), true);
        next += 2;
        return Buffer.from(view.buffer).toString('hex');
      default:
        return undefined;
    }
  });
}
