/** Rewritten and compiled forms of a trace's module, of which the latest are kept. */
import { exportGlobals, type VisibleGlobal } from '../../wasm/exported-globals.ts';
import { withLateTierUp } from '../../wasm/late-tier-up.ts';
import { type Additions, ownGlobal } from '../instrument/additions.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { makePatch, PATCH, type Patch } from '../instrument/patching.ts';
import type { InstrumentPlan } from '../instrument/plan.ts';
import { type InstrumentedModule, Rewriting } from '../instrument/rewrite.ts';
import { withOverflow } from '../overflow.ts';
import type { Rewritten, TravelTarget } from './travel-target.ts';

export interface ProgramPlan {
  /** Functions whose instructions can be looked at one by one. */
  readonly steps: ReadonlySet<number>;
  /** Instructions that are told each time. */
  readonly breaks: ReadonlySet<number>;
  /** Whether stores to a range are told; `steps`: those of the functions that step. */
  readonly watch: boolean | 'steps';
  /** Whether loads from it are. */
  readonly reads?: boolean;
}

export interface Program extends Rewritten {
  /** As InstrumentedModule. */
  readonly prefix: string;
  readonly layout: ModuleLayout;
  readonly breaks: ReadonlySet<number>;
  /** Whether {@link ProbeRun.arm} makes anything stop. */
  readonly steps: boolean;
  /** What is put in the place of some functions (instrument/patching.ts). */
  readonly patch?: Pick<Patch, 'functions' | 'resumable'> & { readonly module: WebAssembly.Module };
  /** The guest's own, by index. */
  readonly globals: readonly VisibleGlobal[];
}

/** A module that others are patches of, and what they take. */
interface Base {
  readonly program: Program;
  readonly layout: ModuleLayout;
  readonly added: Additions;
}

/** Of a module with more bytes, fewer rewritings are kept. */
const LARGE = 8 << 20;
/** Bytes of rewritten modules that are kept, and how many at most. */
const KEPT = { bytes: 128 << 20, programs: 16 };

const NO_FUNCTIONS: ReadonlySet<number> = new Set();

export class Programs {
  private readonly target: TravelTarget;
  /** Latest use last. */
  private readonly made = new Map<string, { readonly program: Program; readonly bytes: number }>();
  private readonly bases = new Map<string, Base>();
  private readonly rewritings = new Map<string, Rewriting>();
  /** Functions that can go on in no loop of theirs. */
  private readonly fromBeginning = new Set<number>();
  private visible: readonly VisibleGlobal[] | undefined;
  private readonly functionAt: (pc: number) => number;

  /** @param functionAt the function in which an offset of the module lies */
  constructor(target: TravelTarget, functionAt: (pc: number) => number) {
    this.target = target;
    this.functionAt = functionAt;
  }

  /** @throws WasiRrError as instrument; and what V8 throws for a module that it does not compile */
  get(plan: ProgramPlan): Program {
    const { steps, breaks, watch, reads = false } = plan;
    if (steps.size + breaks.size === 0) return this.base(watch === true, reads).program;
    const key = keyOf(plan);
    const known = this.made.get(key) ?? this.make(plan);
    this.made.delete(key);
    this.made.set(key, known);
    this.forget();
    return known.program;
  }

  private make(plan: ProgramPlan) {
    const { steps, breaks, watch, reads = false } = plan;
    const changed = new Set(steps);
    for (const pc of breaks) changed.add(this.functionAt(pc));
    const other: InstrumentPlan = {
      ...this.basePlan(watch !== false, reads),
      ...{ steps, breaks },
      ...(watch === 'steps' && { storesOf: steps }),
    };
    const stops = { breaks, steps: steps.size > 0 };
    const base = this.base(watch === true, reads);
    const made = this.patchOf(base, changed, other);
    if (made === undefined) {
      const whole = this.rewriting(watch === true, reads).module(changed, other);
      return { program: this.programOf(whole, stops), bytes: whole.bytes.length };
    }
    const { module, patch } = made;
    const { functions, resumable, original } = patch;
    const program: Program = {
      ...base.program,
      ...stops,
      patch: { module, functions, resumable },
      // one function may have frames of both: it steps from some call on
      original: (offset, of) => (of === PATCH ? original : base.program.original)(offset, of),
    };
    return { program, bytes: patch.bytes.length };
  }

  /**
   * Where values lie on the operand stack before a loop, or a block that leads there, one cannot come to it from elsewhere:
   * V8 says of which functions that is so.
   */
  private patchOf({ layout, added }: Base, changed: ReadonlySet<number>, plan: InstrumentPlan) {
    for (;;) {
      const fromBeginning = new Set(this.fromBeginning);
      const patch = makePatch(layout, added, changed, { ...plan, fromBeginning });
      if (patch === undefined) return undefined;
      try {
        const module = withLateTierUp(
          patch.bytes.length,
          () => new WebAssembly.Module(patch.bytes as Uint8Array<ArrayBuffer>),
        );
        return { module, patch };
      } catch (thrown) {
        const func = functionOfError(thrown);
        const isKnown = func === undefined || this.fromBeginning.has(func) || !changed.has(func);
        if (isKnown) throw thrown;
        this.fromBeginning.add(func);
      }
    }
  }

  /** Of a component, of which others know the instance's module, there is nothing to patch. */
  private base(watch: boolean, reads: boolean): Base {
    return this.kept(this.bases, `${watch};${reads}`, () => {
      const { target } = this;
      const plan = this.basePlan(watch, reads);
      const patchable = target.instance === undefined;
      const rewriting = this.rewritingBy({ ...plan, patchable, ages: patchable });
      const made = rewriting.module();
      const program = this.programOf(made, { breaks: NO_FUNCTIONS, steps: false });
      return { program, layout: made.layout, added: rewriting.added };
    });
  }

  /** What programs have in common that cannot be patches. */
  private rewriting(watch: boolean, reads: boolean): Rewriting {
    return this.kept(this.rewritings, `${watch};${reads}`, () =>
      this.rewritingBy(this.basePlan(watch, reads)),
    );
  }

  private rewritingBy(plan: InstrumentPlan): Rewriting {
    const { module } = this.target;
    return new Rewriting(module, plan, {
      // what any program needs: they differ in functions only
      added: { ...this.basePlan(true, true), patchable: plan.patchable ?? false, ages: true },
      onShare: (share) => this.target.onPreparing(share),
    });
  }

  private kept<T>(all: Map<string, T>, key: string, make: () => T): T {
    const known = all.get(key);
    all.delete(key);
    const most = this.target.module.length > LARGE ? 2 : 4;
    const [oldest] = all.keys();
    if (all.size === most && oldest !== undefined) all.delete(oldest);
    const made = known ?? make();
    all.set(key, made);
    return made;
  }

  private programOf(made: InstrumentedModule, stops: Pick<Program, 'breaks' | 'steps'>): Program {
    return {
      ...this.target.prepare(made),
      ...{ prefix: made.prefix, layout: made.layout },
      ...stops,
      globals: this.globals(made),
    };
  }

  private basePlan(watch: boolean, reads: boolean): InstrumentPlan {
    return withOverflow(this.target.trace, {
      ...{ tick: true, frames: 'spill', globals: true, memory: this.target.watchedMemory },
      ...{ steps: new Set<number>(), breaks: new Set<number>(), watch, reads },
    });
  }

  /** The guest's own, under the names that rewriting gives them. */
  private globals({ prefix, layout }: InstrumentedModule): readonly VisibleGlobal[] {
    this.visible ??= exportGlobals(this.target.module)
      .globals.filter(({ index }) => index < layout.globals)
      .map((one) =>
        one.exported ? one : { ...one, exportName: `${prefix}${ownGlobal(one.index)}` },
      );
    return this.visible;
  }

  private forget(): void {
    let total = 0;
    for (const { bytes } of this.made.values()) total += bytes;
    for (const [key, { bytes }] of this.made) {
      if (this.made.size === 1 || (total <= KEPT.bytes && this.made.size <= KEPT.programs)) return;
      this.made.delete(key);
      total -= bytes;
    }
  }
}

/** Of what V8 says of a module that it does not compile. */
function functionOfError(thrown: unknown): number | undefined {
  if (!(thrown instanceof WebAssembly.CompileError)) return undefined;
  const [, func] = /function #(\d+)/.exec(thrown.message) ?? [];
  return func === undefined ? undefined : Number(func);
}

function keyOf({ steps, breaks, watch, reads = false }: ProgramPlan): string {
  const sorted = (numbers: ReadonlySet<number>) => [...numbers].sort((a, b) => a - b).join();
  return `${sorted(steps)};${sorted(breaks)};${watch};${reads}`;
}
