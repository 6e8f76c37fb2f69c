/**
 * Runs the commands of a script, with every module as it is or rewritten, and says what JavaScript sees of
 * each: values bit by bit, the kind and place of a trap, an exception. In the rewritten world it looks,
 * too, at what the probes say: every byte that changed was told, and frames are counted right.
 */
import { type Probes, probesOf } from '../../replayer/instrument/hooks.ts';
import { type InstrumentPlan, STORE_REACH } from '../../replayer/instrument/plan.ts';
import { instrument } from '../../replayer/instrument/rewrite.ts';
import { withExports } from '../../wasm/added-exports.ts';
import { type FunctionType, readDeclarations } from '../../wasm/binary.ts';
import { trapFrom } from '../../wasm/traps.ts';
import { growFrames } from '../replayer/instrument/variants.ts';
import { numberCaller } from './number-caller.ts';
import type { Argument, Command } from './script.ts';

export type MakePlan = (module: Uint8Array) => InstrumentPlan;

/** Under which name each module exports memory 0 besides, so that it can be compared. */
const MEMORY = 'memory-of-the-test';
/** Larger ones are compared as far as that. */
const COMPARED_BYTES = 1 << 22;
/** Of a watched range, in the beginning of memory. */
const WATCHED = 1 << 30;

interface Loaded {
  readonly exports: Record<string, unknown>;
  readonly types: ReadonlyMap<string, FunctionType>;
  readonly memory: WebAssembly.Memory | undefined;
  readonly probes: Probes | undefined;
  readonly plan: InstrumentPlan;
  /** Whether no frame but its own can be on the stack. */
  readonly alone: boolean;
  /** Of memory, as far as writes were told. */
  readonly told: { bytes: Buffer };
  readonly original: (offset: number) => number;
  /** Functions that were entered and not left, by depth. */
  readonly entered: number[];
}

export class World {
  private readonly makePlan: MakePlan | undefined;
  private readonly instances = new Map<string, Loaded>();
  private readonly definitions = new Map<string, Uint8Array>();
  private readonly registered = new Map<string, object>();
  private readonly hosts = new Map<number, object>();
  private readonly all: Loaded[] = [];
  /** What the probes got wrong. */
  readonly complaints: string[] = [];
  /**
   * Whether instantiation failed of a module some of whose functions may be in a table of another: nobody
   * ever got hold of it to set its hooks.
   */
  halfMade = false;

  /** @param makePlan undefined: modules as they are */
  constructor(makePlan?: MakePlan) {
    this.makePlan = makePlan;
    this.registered.set('spectest', spectest());
  }

  /** @returns what could be seen, as text */
  perform(command: Command): string {
    const seen = this.seen(command);
    const returned = seen === 'returned' || seen.startsWith('values');
    if (command.kind === 'invoke') this.checkProbes(this.instance(command.id), returned);
    return seen;
  }

  /** In the end, of instances that no command named, too. */
  finish(): void {
    for (const loaded of this.all) this.checkProbes(loaded, false);
  }

  /** The memories that a command may have changed, or all, as far as they are compared. Live. */
  memories(command?: Command): Buffer[] {
    const of = command === undefined ? this.all : this.named(command);
    return of.flatMap(({ memory }) => (memory ? [viewOf(memory)] : []));
  }

  private named(command: Command): Loaded[] {
    return command.kind === 'invoke' ? [this.instance(command.id)] : [];
  }

  private seen(command: Command): string {
    switch (command.kind) {
      case 'definition':
        this.definitions.set(command.id, command.module);
        return '';
      case 'module':
        return this.outcome(() => this.load(command.id, command.module));
      case 'instance': {
        const module = this.definitions.get(command.of);
        if (module === undefined) throw new Error(`no module ${command.of}`);
        return this.outcome(() => this.load(command.id, module));
      }
      case 'register':
        this.registered.set(command.as, this.instance(command.id).exports);
        return '';
      case 'invoke':
        return this.outcome(() => this.invoke(command));
      case 'refused':
        return this.refused(command.module);
    }
  }

  private outcome(act: () => string): string {
    try {
      return act();
    } catch (thrown) {
      if (thrown instanceof WebAssembly.Exception) return 'exception';
      if (thrown instanceof WebAssembly.LinkError) return 'link error';
      if (thrown instanceof WebAssembly.CompileError) return `compile error ${thrown.message}`;
      const { kind, message, frames } = trapFrom(thrown);
      // where a stack overflows is up to the engine
      if (kind === 'stack-overflow') return kind;
      const [frame] = frames;
      const place = frame && `${frame.func}@${this.placeOf(frame.offset)}`;
      return `${kind} ${kind === 'other' ? message : ''} ${place}`;
    }
  }

  /** Frames do not say whose they are: any module's that has been rewritten so. */
  private placeOf(offset: number): string {
    if (this.makePlan === undefined) return String(offset);
    return [...new Set(this.all.map(({ original }) => original(offset)))].join('|');
  }

  /** Whether a place as this world says it can be one that the plain world says. */
  static samePlace(plain: string, rewritten: string): boolean {
    if (plain === rewritten) return true;
    const [before, offsets] = rewritten.split('@');
    const [plainBefore, offset] = plain.split('@');
    return before === plainBefore && (offsets?.split('|').includes(offset ?? '') ?? false);
  }

  private refused(module: Uint8Array): string {
    if (this.makePlan === undefined || WebAssembly.validate(new Uint8Array(module))) return '';
    try {
      instrument(module, this.makePlan(module));
    } catch (thrown) {
      const code = (thrown as { code?: string }).code;
      if (code !== 'MODULE_INVALID' && code !== 'MODULE_UNSUPPORTED') throw thrown;
    }
    return '';
  }

  private load(id: string, bytes: Uint8Array): string {
    const given = new Uint8Array(bytes);
    if (!WebAssembly.validate(given)) {
      // one that V8 does not run is left out in both worlds
      return 'not valid here';
    }
    const { memories, exports, imports } = readDeclarations(given);
    const visible =
      memories.length > 0
        ? withExports(given, [{ name: MEMORY, kind: 'memory', index: 0 }])
        : { bytes: given };
    const plan = this.makePlan?.(visible.bytes) ?? {};
    const made = this.makePlan ? instrument(visible.bytes, plan) : undefined;
    const module = new WebAssembly.Module(new Uint8Array(made?.bytes ?? visible.bytes));
    const instance = this.instantiate(module);
    const memory = instance.exports[MEMORY] as WebAssembly.Memory | undefined;
    const known = this.all.find((one) => memory !== undefined && one.memory === memory);
    const loaded: Loaded = {
      exports: instance.exports,
      types: new Map(exports.flatMap(({ name, type }) => (type ? [[name, type] as const] : []))),
      memory,
      probes: made && probesOf(instance.exports, made.prefix),
      plan,
      alone: !imports.some(({ kind, module: from }) => kind === 'function' && from !== 'spectest'),
      told: known?.told ?? { bytes: memory ? copyOf(memory) : Buffer.alloc(0) },
      original: made?.original ?? ((offset) => offset),
      entered: [],
    };
    // data that V8 put into a memory that others have, too
    if (memory) loaded.told.bytes = copyOf(memory);
    this.all.push(loaded);
    this.attach(loaded);
    if (made?.start) (instance.exports[made.start] as () => void)();
    this.instances.set(id, loaded).set('', loaded);
    return 'returned';
  }

  private instantiate(module: WebAssembly.Module): WebAssembly.Instance {
    try {
      return new WebAssembly.Instance(module, this.imports());
    } catch (thrown) {
      this.halfMade ||= !(thrown instanceof WebAssembly.LinkError);
      // segments before the one that failed are where they belong
      for (const { memory, told } of this.all) if (memory) told.bytes = copyOf(memory);
      throw thrown;
    }
  }

  private attach({ probes, plan, memory, told, entered }: Loaded): void {
    if (probes === undefined) return;
    if (plan.frames === 'spill') growFrames(probes);
    if (plan.steps) probes.global('armed').value = 0x7fffffff;
    if (plan.tick) {
      probes.global('ticksLeft').value = 3n;
      probes.set('ticked', () => {
        probes.global('ticksLeft').value = 3n;
      });
    }
    if (plan.watch) {
      probes.watch(0, WATCHED);
      probes.set('wrote', (_pc, address, length) => {
        if (memory === undefined) return;
        const now = new Uint8Array(memory.buffer);
        if (address + length > now.length) this.complaints.push('a write outside of memory');
        told.bytes = grown(told.bytes, memory);
        if (address < told.bytes.length)
          told.bytes.set(
            now.subarray(address, Math.min(address + length, told.bytes.length)),
            address,
          );
      });
    }
    if (plan.calls) {
      probes.set('entered', (func, depth) => {
        entered.length = Math.min(entered.length, depth - 1);
        entered[depth - 1] = func;
      });
      probes.set('left', (func, depth) => {
        if (entered[depth - 1] !== func) this.complaints.push(`function ${func} left, not entered`);
        entered.length = Math.min(entered.length, depth - 1);
      });
    }
  }

  private invoke({ id, name, args }: Extract<Command, { kind: 'invoke' }>): string {
    const { exports, types } = this.instance(id);
    const type = types.get(name);
    const func = exports[name];
    if (type === undefined || typeof func !== 'function') return 'no such function';
    const values = [...type.params, ...type.results];
    if (!values.includes('ref')) {
      return numberCaller(type)(func as CallableFunction, args);
    }
    if (values.includes('v128')) return 'not callable from here';
    const given = args.map((arg, i) => this.valueOf(arg, type.params[i] ?? 'i32'));
    const result: unknown = func(...given);
    const results = Array.isArray(result) ? result : [result];
    return `values ${results.map((value) => this.describe(value)).join()}`;
  }

  private valueOf(arg: Argument, type: string): unknown {
    if ('reference' in arg) {
      if (arg.reference === 'null') return null;
      const { host } = arg.reference;
      const object = this.hosts.get(host) ?? { host };
      this.hosts.set(host, object);
      return object;
    }
    const view = new DataView(arg.bytes.buffer, arg.bytes.byteOffset);
    if (type === 'i64') return view.getBigInt64(0, true);
    if (type === 'f32') return view.getFloat32(0, true);
    return type === 'f64' ? view.getFloat64(0, true) : view.getInt32(0, true);
  }

  private describe(value: unknown): string {
    for (const [host, object] of this.hosts) if (object === value) return `host ${host}`;
    if (value === null || typeof value === 'number' || typeof value === 'bigint') return `${value}`;
    return typeof value;
  }

  private checkProbes({ probes, plan, memory, told, alone }: Loaded, returned: boolean): void {
    if (probes === undefined) return;
    if (memory && (plan.watch || plan.dirty)) {
      const now = viewOf(memory);
      told.bytes = grown(told.bytes, memory);
      if (!told.bytes.equals(now)) {
        if (plan.watch) this.complaints.push('a write that was not told');
        if (plan.dirty) this.checkDirty(told.bytes, now, memory);
        now.copy(told.bytes);
      }
    }
    if (!plan.frames) return;
    const counters = plan.frames === 'spill' ? (['depth', 'top'] as const) : (['depth'] as const);
    for (const name of counters) {
      const counter = probes.global(name);
      if (returned && alone && counter.value !== 0) {
        this.complaints.push(`${name} is ${counter.value} behind a call`);
      }
      for (const one of this.all) if (one.probes) one.probes.global(name).value = 0;
    }
  }

  private checkDirty(before: Buffer, after: Buffer, memory: WebAssembly.Memory): void {
    const maps = this.all.flatMap(({ probes, memory: own }) =>
      probes && own === memory ? [new Uint8Array(probes.memory('dirty:0').buffer)] : [],
    );
    for (let page = 0; page << 12 < after.length; page++) {
      if (maps.some((map) => map[page] === 1)) continue;
      const reached = maps.some((map) => page > 0 && map[page - 1] === 1) ? STORE_REACH : 0;
      const [from, to] = [(page << 12) + reached, (page + 1) << 12];
      if (before.subarray(from, to).equals(after.subarray(from, to))) continue;
      this.complaints.push(`page ${page} is not dirty`);
    }
    for (const map of maps) map.fill(0, 0, after.length >> 12);
  }

  private instance(id: string): Loaded {
    const found = this.instances.get(id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  private imports(): WebAssembly.Imports {
    return Object.fromEntries(this.registered) as WebAssembly.Imports;
  }
}

function viewOf({ buffer }: WebAssembly.Memory): Buffer {
  return Buffer.from(buffer, 0, Math.min(buffer.byteLength, COMPARED_BYTES));
}

function copyOf(memory: WebAssembly.Memory): Buffer {
  return Buffer.from(viewOf(memory));
}

/** As long as the memory is now: what is new holds zeros. */
function grown(known: Buffer, memory: WebAssembly.Memory): Buffer {
  const length = Math.min(memory.buffer.byteLength, COMPARED_BYTES);
  return length > known.length ? Buffer.concat([known], length) : known;
}

/** What the suite's own interpreter offers (interpreter/host/spectest.ml). */
function spectest(): object {
  // our declarations of WebAssembly have no tables
  const { Table } = WebAssembly as unknown as { Table: new (type: object) => object };
  const global = (value: 'i32' | 'i64' | 'f32' | 'f64', initial: number | bigint) =>
    new WebAssembly.Global({ value, mutable: false }, initial);
  const print = () => {};
  return {
    ...{ print, print_i32: print, print_i64: print, print_f32: print, print_f64: print },
    ...{ print_i32_f32: print, print_f64_f64: print },
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
    table64: new Table({
      address: 'i64',
      initial: 10n,
      maximum: 20n,
      element: 'anyfunc',
    }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}
