/**
 * Rewrites one function's body: copies its instructions as they are, and puts code between them. Nothing
 * that is put in leaves anything on the stack or changes what was there. Hot path: 20 MB of code go
 * through here before a debugger can show anything.
 */
import { WasiRrError } from '../../errors.ts';
import { BinaryInput } from '../../wasm/binary.ts';
import { type Additions, signedLeb } from './additions.ts';
import { BranchHints } from './branch-hints.ts';
import { countHere } from './count-snippet.ts';
import { divert, goesOn, goTo, placeOfPatched, wentOn } from './divert-snippet.ts';
import { type FrameLayout, frameLayout, sizeOfType } from './frame-layout.ts';
import { FrameSnippets } from './frame-snippets.ts';
import { InstructionReader, malformed } from './instruction-reader.ts';
import { LOADS } from './loads.ts';
import { type ModuleLayout, onlyResult, readValueType, TYPE } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { InstrumentPlan } from './plan.ts';
import { resumeBlocks, ticksOf } from './resume-blocks.ts';
import { ResumeSnippets, unlessAt } from './resume-snippets.ts';
import { StaleLocals, TooManyLocals } from './stale-locals.ts';
import { type BulkKind, StoreSnippets } from './store-snippets.ts';
import { BULK_WRITE, STORES } from './stores.ts';
import { WasmOutput } from './wasm-output.ts';

/** V8's limits (wasm-limits.h). */
const MAX_LOCALS = 50_000;
const MAX_BODY = 7_654_321;

/**
 * Locals are stored where a call or stop needs them, unless that makes a function so much larger: then
 * each is stored where it is set. V8 takes functions of up to 7.6 MB.
 */
const TOO_LARGE = { factor: 4, bytes: 32 << 10, locals: 512 };

/** A frame with more locals is stored whole when it is made, so that not every first call stores all of them. */
const MANY_LOCALS = 32;

/** Opcodes that access memory, by first byte: a cheap first look. */
const MAY_WRITE = firstBytes([...STORES.keys(), ...Object.values(BULK_WRITE)]);
const MAY_ACCESS = firstBytes([...STORES.keys(), ...Object.values(BULK_WRITE), ...LOADS.keys()]);

/** Most of them, without a search. */
const PLAIN_STORES = Array.from({ length: 256 }, (_, code) => STORES.get(code));
const PLAIN_LOADS = Array.from({ length: 256 }, (_, code) => LOADS.get(code));

/** br_on_null, br_on_non_null, br_on_cast, br_on_cast_fail. */
const BRANCHES_ON: ReadonlySet<number> = new Set([0xd5, 0xd6, 0xfb0018, 0xfb0019]);
const MAY_BRANCH = firstBytes([...BRANCHES_ON]);

/** What the function at hand is like. */
interface Shape {
  readonly func: number;
  readonly depth: boolean;
  readonly spill: boolean;
  readonly steps: boolean;
  /** Each local is stored where it is set. */
  readonly through: boolean;
  /** A catch clause leads to a loop: frames are put right at loop heads. */
  readonly landsInLoops: boolean;
  readonly wrapped: boolean;
}

/** Thrown where it turns out late that a function must be rewritten in another way. */
class Again extends Error {}

export class FunctionRewriter {
  private readonly layout: ModuleLayout;
  private readonly plan: InstrumentPlan;
  private readonly added: Additions;
  private readonly reader: InstructionReader;
  readonly hints = new BranchHints();
  private readonly out = new WasmOutput(1 << 16);
  private readonly header = new WasmOutput(1 << 8);
  private readonly frames: FrameSnippets;
  private readonly stores: StoreSnippets | undefined;
  private readonly mayAccess: Uint8Array;
  private readonly tick: readonly number[];
  /** Types of the locals, parameters first. */
  private types = new Uint8Array(256);
  private offsets = new Uint32Array(256);
  private readonly stale = new StaleLocals();
  private locals = 0;
  private groups = { from: 0, to: 0, count: 0 };
  /** By depth of nesting: whether a catch clause leads to the block's end. */
  private lands = new Uint8Array(64);
  /** By depth of nesting: whether it is a loop. */
  private loops = new Uint8Array(64);
  private open = 0;
  /** Whether it is followed which locals are stale. */
  private follows = false;
  /** Whether a catch clause leads to the function's end. */
  private landsAtEnd = false;
  /** Offset of the first byte that is not copied yet. */
  private pending = 0;
  private runs: number[] | undefined;
  private extra: number[] = [];
  /** Of a function of a patch that can go on in its loops. */
  private resume: ResumeSnippets | undefined;
  /** By function of a patch: at which ticks it can go on in a frame that is there. */
  readonly resumable = new Map<number, ReadonlySet<number>>();

  constructor(layout: ModuleLayout, plan: InstrumentPlan, added: Additions) {
    this.layout = layout;
    this.plan = plan;
    this.added = added;
    this.reader = new InstructionReader(layout.bytes);
    this.frames = new FrameSnippets(added);
    this.stores =
      (plan.watch || plan.reads || plan.dirty) && layout.memories.length > 0
        ? new StoreSnippets(layout, added, plan, (type) => this.temporary(type))
        : undefined;
    this.mayAccess = plan.reads ? MAY_ACCESS : MAY_WRITE;
    this.tick = plan.tick ? tickCode(added) : [];
  }

  /**
   * @param index of the function among those that are defined
   * @param runs gets, for each copied run: offset in the new body, offset in the module, length
   * @throws WasiRrError MODULE_INVALID, MODULE_UNSUPPORTED
   */
  rewrite(index: number, into: WasmOutput, runs?: number[]): void {
    const from = this.layout.bodyStarts[index] as number;
    const to = this.layout.bodyEnds[index] as number;
    const func = this.layout.importedFunctions + index;
    const { plan } = this;
    const steps = plan.steps?.has(func) ?? false;
    const start = this.readLocals(func, from, to);
    let shape: Shape = {
      func,
      depth: plan.frames !== undefined,
      spill: plan.frames === 'spill',
      steps,
      through: plan.frames === 'spill' && (steps || this.locals > TOO_LARGE.locals),
      landsInLoops: false,
      wrapped:
        plan.frames !== undefined || plan.calls === true || plan.breaks?.has(to - 1) === true,
    };
    for (;;) {
      this.runs = runs;
      if (runs) runs.length = 0;
      try {
        this.body(shape, start, to);
      } catch (thrown) {
        if (thrown instanceof Again) shape = { ...shape, landsInLoops: true };
        else if (thrown instanceof TooManyLocals) shape = { ...shape, through: true };
        else throw thrown;
        continue;
      }
      break;
    }
    this.finish(func, into, runs);
  }

  /** Locals' declarations, then code. */
  private finish(func: number, into: WasmOutput, runs: number[] | undefined): void {
    const { bytes } = this.layout;
    const { groups, extra } = this;
    const { header } = this;
    header.reset();
    header.u32(groups.count + extra.length);
    header.copy(bytes, groups.from, groups.to);
    for (const type of extra) {
      header.byte(1);
      header.byte(type);
    }
    if (this.locals + extra.length > MAX_LOCALS || header.length + this.out.length > MAX_BODY) {
      throw tooLarge(func);
    }
    into.u32(header.length + this.out.length);
    into.copy(header.bytes, 0, header.length);
    into.copy(this.out.bytes, 0, this.out.length);
    if (!runs) this.hints.add(func, header.length, this.out.coldIfs);
    if (runs)
      for (let i = 0; i < runs.length; i += 3) runs[i] = (runs[i] as number) + header.length;
  }

  /** @returns offset of the first instruction */
  private readLocals(func: number, from: number, to: number): number {
    const signature = this.layout.types[this.layout.functions[func] as number];
    const params = signature?.params ?? new Uint8Array(0);
    const input = new BinaryInput(this.layout.bytes, from, to);
    this.reserve(params.length);
    this.types.set(params);
    let locals = params.length;
    try {
      const count = input.u32();
      const groupsFrom = input.position;
      for (let left = count; left > 0; left--) {
        const more = input.u32();
        if (locals + more > MAX_LOCALS) throw malformed(from, 'there are too many locals');
        const type = readValueType(input);
        this.reserve(locals + more);
        this.types.fill(type, locals, locals + more);
        locals += more;
      }
      this.groups = { from: groupsFrom, to: input.position, count };
    } catch (thrown) {
      if (thrown instanceof RangeError) throw malformed(from, thrown.message);
      throw thrown;
    }
    this.locals = locals;
    return input.position;
  }

  private reserve(count: number): void {
    if (count <= this.types.length) return;
    const types = new Uint8Array(count * 2);
    types.set(this.types);
    this.types = types;
    this.offsets = new Uint32Array(count * 2);
  }

  /** Index of a new local of this type. */
  private temporary(type: number): number {
    this.extra.push(type);
    return this.locals + this.extra.length - 1;
  }

  private body(shape: Shape, start: number, end: number): void {
    const { out, reader, plan, layout, frames, mayAccess } = this;
    const stores = plan.storesOf?.has(shape.func) === false ? undefined : this.stores;
    out.reset();
    this.extra = [];
    stores?.begin(end - start);
    this.open = 0;
    this.landsAtEnd = false;
    this.pending = start;
    const spilled = shape.spill ? frameLayout(this.types, this.locals, this.offsets) : undefined;
    this.follows = spilled !== undefined && !shape.through;
    if (this.follows) {
      reader.open(start, end);
      this.stale.begin(this.locals, reader);
    }
    const params = layout.types[layout.functions[shape.func] as number]?.params ?? [];
    const whole = shape.through || (this.follows && this.locals > MANY_LOCALS);
    if (whole && this.follows) this.stale.none();
    const { patching } = this.added;
    if (patching && (plan.patchable || plan.patch)) {
      divert(out, layout, patching, { func: shape.func, back: plan.patch === true });
    }
    frames.begin({ ...shape, whole }, (type) => this.temporary(type), spilled, params);
    const goesOnFrom = spilled && plan.patch && shape.through && patching;
    const local = goesOnFrom ? this.temporary(TYPE.i32) : -1;
    this.resume =
      local < 0 ? undefined : this.resumeOf(shape.func, start, end, params.length, local);
    if (goesOnFrom) {
      goesOn(out, patching, shape.func);
      out.put([OP.if, 0x40]);
      frames.goOn(out, this.types, this.locals);
      frames.loadPc(out);
      unlessAt(out, local, start);
      wentOn(out, patching, shape.func);
      out.byte(OP.else);
    }
    frames.enter(out);
    if (plan.calls) frames.notify(out, 'entered');
    const most = this.follows ? (end - start) * TOO_LARGE.factor + TOO_LARGE.bytes : MAX_BODY * 2;
    const { breaks, counts } = plan;
    const entries = counts?.get(layout.bodyStarts[shape.func - layout.importedFunctions] as number);
    if (entries !== undefined) countHere(out, this.added, entries);
    this.ticked(shape, spilled, start);
    if (goesOnFrom) out.byte(OP.end);
    if (plan.deepest) frames.deepest(out, start, () => this.spillAside(shape, spilled));
    if (shape.wrapped) this.wrap(shape.func);
    this.resume?.begin();
    reader.open(start, end);
    for (;;) {
      reader.next();
      const at = reader.start;
      const { code } = reader;
      if (code === OP.end && this.open === 0) break;
      if (out.length > most) throw new TooManyLocals();
      const count = counts?.get(at);
      if (count !== undefined) {
        this.flush(at);
        countHere(out, this.added, count);
      }
      if (breaks?.has(at)) {
        this.flush(at);
        if (spilled) this.spill(shape, spilled);
        this.stop(at);
      } else if (shape.steps && !isStructure(code)) {
        this.flush(at);
        frames.stopIfArmed(out, at);
      }
      if (this.resume?.isAt(at, this.open)) {
        this.flush(at);
        this.resume.arrive(this.open);
      }
      if (code <= OP.lastControl) this.control(shape, spilled, at, code);
      else if (code === OP.localSet || code === OP.localTee) {
        if (spilled) this.localSet(shape, spilled);
      } else {
        const first = code > 0xff ? code >>> 16 : code;
        if (stores !== undefined && mayAccess[first] === 1) this.access(at, code);
        else if (MAY_BRANCH[first] === 1 && this.follows && BRANCHES_ON.has(code)) {
          this.stale.branch(reader.index);
        }
      }
    }
    if (reader.at !== end) throw malformed(reader.start, 'a function goes on behind its end');
    const last = reader.start;
    const returns = counts?.get(last);
    if (!shape.wrapped) {
      if (shape.steps || breaks?.has(last)) throw new Error('a stop at an end without a wrapping');
      // who returns by a branch does not come there
      this.flush(last);
      if (returns !== undefined) countHere(out, this.added, returns);
      this.flush(end);
      return;
    }
    this.flush(end);
    // that was the end of the wrapping block; the function's own follows, and what is done before it
    this.runs?.push(out.length, last, 0);
    if (this.landsAtEnd) frames.restore(out);
    if (returns !== undefined) countHere(out, this.added, returns);
    if (breaks?.has(last)) {
      this.stale.all();
      if (spilled) this.spill(shape, spilled);
      this.stop(last);
    } else if (shape.steps) frames.stopIfArmed(out, last);
    if (shape.steps && spilled) {
      const result = onlyResult(layout.types[layout.functions[shape.func] as number]);
      frames.storeResult(out, result, (type) => this.temporary(type));
    }
    if (plan.calls) frames.notify(out, 'left');
    frames.leave(out);
    out.byte(OP.end);
  }

  /** Instructions that lead elsewhere. */
  private control(shape: Shape, spilled: FrameLayout | undefined, at: number, code: number): void {
    const { out, reader, frames, stale, follows } = this;
    switch (code) {
      case OP.block:
      case OP.try:
        this.nest();
        if (follows) stale.block();
        this.goOnInside();
        break;
      case OP.if:
        this.nest();
        if (follows) stale.if();
        this.goOnInside();
        break;
      case OP.tryTable:
        for (const label of reader.catchLabels) this.land(shape, label);
        this.nest();
        if (follows) stale.block();
        break;
      case OP.loop:
        this.nest();
        this.loops[this.open] = 1;
        if (follows) stale.loop();
        if (shape.landsInLoops) {
          this.flush(reader.at);
          frames.restore(out);
        }
        this.ticked(shape, spilled, reader.at);
        this.goOnInside();
        break;
      case OP.else:
        if (follows) stale.else();
        this.resume?.else(this.open);
        this.goOnInside();
        break;
      case OP.end: {
        if (follows) stale.end();
        const landed = this.lands[this.open] === 1;
        this.resume?.end();
        this.open--;
        if (landed) {
          this.flush(reader.at);
          frames.restore(out);
        }
        break;
      }
      case OP.delegate:
        if (follows) stale.end();
        this.open--;
        break;
      case OP.catch:
      case OP.catchAll:
        if (follows) stale.catch();
        if (shape.depth) {
          this.flush(reader.at);
          frames.restore(out);
        }
        break;
      case OP.call:
      case OP.callIndirect:
      case OP.callRef:
        if (spilled) {
          this.flush(at);
          frames.storePc(out, at);
          this.spill(shape, spilled);
        }
        break;
      case OP.br:
        if (follows) {
          stale.branch(reader.index);
          stale.leave();
        }
        this.relabel(at);
        break;
      case OP.brIf:
        if (follows) stale.branch(reader.index);
        this.relabel(at);
        break;
      case OP.brTable:
        if (follows) {
          for (const label of reader.labels) stale.branch(label);
          stale.leave();
        }
        this.relabel(at);
        break;
      case OP.unreachable:
      case OP.throw:
      case OP.rethrow:
      case OP.throwRef:
        if (follows) stale.leave();
        break;
      case OP.returnCall:
        if (shape.wrapped && reader.index < this.layout.importedFunctions) {
          this.callHost(spilled, shape, at);
          break;
        }
        this.leaveFor(shape, at);
        break;
      case OP.returnCallIndirect:
      case OP.returnCallRef:
        if (spilled) {
          this.flush(at);
          frames.storePc(out, at);
          this.spill(shape, spilled);
          frames.markLeft(out);
        }
        this.leaveFor(shape, at);
        break;
      case OP.return:
        if (follows) stale.leave();
        if (shape.wrapped) {
          this.flush(at);
          this.runs?.push(out.length, at, reader.at - at);
          this.branchToEnd();
          this.pending = reader.at;
        }
        break;
    }
  }

  /** At which ticks the function can go on in a frame that is there, and how in its loops. */
  private resumeOf(
    func: number,
    start: number,
    end: number,
    params: number,
    local: number,
  ): ResumeSnippets | undefined {
    const { reader, plan, types, locals } = this;
    const ticks = new Set([start]);
    this.resumable.set(func, ticks);
    if (plan.fromBeginning?.has(func)) return undefined;
    // a reference is stored nowhere; those that are parameters are handed on
    for (let i = params; i < locals; i++) {
      if (sizeOfType(types[i] as number) === 0) return undefined;
    }
    reader.open(start, end);
    const blocks = resumeBlocks(reader);
    if (blocks === undefined) return undefined;
    for (const tick of ticksOf(blocks)) ticks.add(tick);
    return new ResumeSnippets(this.out, blocks, local);
  }

  /** Behind the beginning of a block. */
  private goOnInside(): void {
    if (!this.resume?.leadsOn(this.open)) return;
    this.flush(this.reader.at);
    this.resume.inside(this.open);
  }

  private relabel(at: number): void {
    const { resume, reader, out } = this;
    if (resume === undefined) return;
    this.flush(at);
    const from = out.length;
    if (!resume.branch(reader, this.open)) return;
    this.runs?.push(from, at, reader.at - at);
    this.pending = reader.at;
  }

  private branchToEnd(): void {
    const { out, resume, open } = this;
    out.byte(OP.br);
    out.u32(resume ? resume.label(open, open) : open);
  }

  /** Another function takes the place of this one. */
  private leaveFor(shape: Shape, at: number): void {
    if (!shape.wrapped) return;
    this.flush(at);
    if (this.plan.calls) this.frames.notify(this.out, 'left');
    this.frames.leave(this.out);
    if (this.follows) this.stale.leave();
  }

  /** A tail call of the host is a call and a return: it is this frame that called. */
  private callHost(spilled: FrameLayout | undefined, shape: Shape, at: number): void {
    const { out, reader } = this;
    this.flush(at);
    if (spilled) {
      this.frames.storePc(out, at);
      this.spill(shape, spilled);
    }
    this.runs?.push(out.length, at, reader.at - at);
    out.byte(OP.call);
    out.u32(reader.index);
    this.branchToEnd();
    this.pending = reader.at;
    if (this.follows) this.stale.leave();
  }

  private nest(): void {
    this.open++;
    if (this.open >= this.lands.length) {
      const lands = new Uint8Array(this.open * 2);
      lands.set(this.lands);
      this.lands = lands;
      const loops = new Uint8Array(this.open * 2);
      loops.set(this.loops);
      this.loops = loops;
    }
    this.lands[this.open] = 0;
    this.loops[this.open] = 0;
    this.resume?.nest(this.open);
  }

  /** A catch clause leads to a label: whoever comes there finds the frame counters of deeper frames. */
  private land(shape: Shape, label: number): void {
    if (this.follows) this.stale.land(label);
    const target = this.open - label;
    if (!shape.depth) return;
    if (target <= 0) {
      this.landsAtEnd = true;
      return;
    }
    this.lands[target] = 1;
    if (this.loops[target] === 1 && !shape.landsInLoops) throw new Again();
  }

  private localSet(shape: Shape, spilled: FrameLayout): void {
    const { reader } = this;
    const { index } = reader;
    if (index >= this.locals) throw malformed(reader.start, `local ${index} does not exist`);
    if (!shape.through) {
      this.stale.set(index);
      return;
    }
    this.flush(reader.at);
    this.frames.storeLocal(this.out, index, this.types[index] as number, spilled);
  }

  /** Stores the locals that may have changed since they were stored last. */
  private spill(shape: Shape, spilled: FrameLayout): void {
    if (shape.through) return;
    const { types, frames, out } = this;
    this.stale.take((i) => frames.storeLocal(out, i, types[i] as number, spilled));
  }

  private ticked(shape: Shape, spilled: FrameLayout | undefined, pc: number): void {
    const { tick, resume } = this;
    if (tick.length === 0) return;
    this.flush(pc);
    const count = () => this.countTick(shape, spilled, pc);
    // that of the function is counted before any block of it
    if (resume && this.open > 0) resume.tick(pc, count);
    else count();
  }

  private countTick(shape: Shape, spilled: FrameLayout | undefined, pc: number): void {
    const { out, tick, frames, plan, layout } = this;
    const { patching } = this.added;
    out.put(tick);
    if (plan.ages && !plan.patch && spilled) frames.storeTick(out);
    out.coldIf();
    this.spillAside(shape, spilled);
    frames.hook(out, 'ticked', pc);
    if (spilled && patching && (plan.patchable || plan.patch)) {
      goesOn(out, patching, shape.func);
      out.coldIf();
      if (plan.patch) wentOn(out, patching, shape.func);
      else
        goTo(out, layout, patching, {
          func: shape.func,
          place: placeOfPatched(shape.func, layout),
        });
      out.byte(OP.end);
    }
    out.byte(OP.end);
  }

  /** In a branch that is hardly ever taken: what is stored there is not stored elsewhere. */
  private spillAside(shape: Shape, spilled: FrameLayout | undefined): void {
    if (spilled === undefined || shape.through) return;
    const { out, frames, types } = this;
    this.stale.each((i) => frames.storeLocal(out, i, types[i] as number, spilled));
  }

  private stop(pc: number): void {
    this.frames.hook(this.out, 'stop', pc);
  }

  /** What writes to memory 0, or reads from it. */
  private access(at: number, code: number): void {
    const { stores, reader, out } = this;
    if (stores === undefined) return;
    const store = code > 0xff ? STORES.get(code) : PLAIN_STORES[code];
    if (store !== undefined) {
      if (!stores.covers(reader.index, store.reads ? reader.index : -1)) return;
      this.flush(at);
      stores.before(out, store, reader.index);
      this.flush(reader.at);
      stores.after(out, store, reader.offset, at);
      return;
    }
    const load = code > 0xff ? LOADS.get(code) : PLAIN_LOADS[code];
    if (load !== undefined && this.plan.reads) {
      if (reader.index !== (this.plan.memory ?? 0)) return;
      this.flush(at);
      stores.beforeLoad(out, load);
      this.flush(reader.at);
      stores.afterLoad(out, load, reader.offset, at);
      return;
    }
    const bulk = this.bulkAt(code);
    if (bulk === undefined || !stores.covers(bulk.to, bulk.from)) return;
    this.flush(at);
    stores.beforeBulk(out, bulk);
    this.flush(reader.at);
    stores.afterBulk(out, bulk, at);
  }

  private bulkAt(code: number): BulkKind | undefined {
    const { index, second } = this.reader;
    switch (code) {
      case BULK_WRITE.fill:
        return { code, to: index, from: -1 };
      case BULK_WRITE.copy:
        return { code, to: index, from: second };
      case BULK_WRITE.init:
        return { code, to: second, from: -1 };
      default:
        return undefined;
    }
  }

  /** The block around a function's code, at whose end all ways out of it meet. */
  private wrap(func: number): void {
    const { out, added } = this;
    const signature = this.layout.types[this.layout.functions[func] as number];
    out.byte(OP.block);
    const { results = 0, resultBytes = new Uint8Array(0) } = signature ?? {};
    if (results === 0) out.byte(0x40);
    else if (results === 1) out.put(resultBytes);
    else out.put(signedLeb(added.typeOf([], resultBytes, results)));
  }

  private flush(upTo: number): void {
    const { pending } = this;
    if (upTo <= pending) return;
    this.runs?.push(this.out.length, pending, upTo - pending);
    this.out.copy(this.layout.bytes, pending, upTo);
    this.pending = upTo;
  }
}

function tooLarge(func: number): WasiRrError {
  return new WasiRrError(
    'MODULE_UNSUPPORTED',
    `function ${func} is so large that V8 would not compile it with what stepping and watching add: the inside of the run cannot be shown. Recording and replaying it work.`,
  );
}

function firstBytes(codes: readonly number[]): Uint8Array {
  const found = new Uint8Array(256);
  for (const code of codes) found[code > 0xff ? code >>> 16 : code] = 1;
  return found;
}

/** Marks of the structure, at which nothing happens: a stop at one is a stop behind it. */
export function isStructure(code: number): boolean {
  switch (code) {
    case OP.block:
    case OP.loop:
    case OP.try:
    case OP.tryTable:
    case OP.else:
    case OP.end:
    case OP.catch:
    case OP.catchAll:
    case OP.delegate:
      return true;
    default:
      return false;
  }
}

/** Up to the `if` that is taken when no tick is left. */
function tickCode(added: Additions): readonly number[] {
  const out = new WasmOutput(32);
  const left = added.global('ticksLeft');
  out.byte(OP.globalGet);
  out.u32(left);
  out.put([OP.i64Const, 1, OP.i64Sub, OP.globalSet]);
  out.u32(left);
  out.byte(OP.globalGet);
  out.u32(left);
  out.byte(OP.i64Eqz);
  return Array.from(out.written());
}
