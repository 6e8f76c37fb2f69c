/** Rewritten and compiled forms of a trace's module, of which the latest are kept. */
import { exportGlobals, type VisibleGlobal } from '../../wasm/exported-globals.ts';
import { ownGlobal } from '../instrument/additions.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
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
  /** The guest's own, by index. */
  readonly globals: readonly VisibleGlobal[];
}

/** Of a module with more bytes, fewer rewritings are kept. */
const LARGE = 8 << 20;
/** Bytes of rewritten modules that are kept, and how many at most. */
const KEPT = { bytes: 128 << 20, programs: 16 };

export class Programs {
  private readonly target: TravelTarget;
  /** Latest use last. */
  private readonly made = new Map<string, { readonly program: Program; readonly bytes: number }>();
  private readonly rewritings = new Map<string, Rewriting>();
  private visible: readonly VisibleGlobal[] | undefined;
  private readonly functionAt: (pc: number) => number;

  /** @param functionAt the function in which an offset of the module lies */
  constructor(target: TravelTarget, functionAt: (pc: number) => number) {
    this.target = target;
    this.functionAt = functionAt;
  }

  /** @throws WasiRrError as instrument; and what V8 throws for a module that it does not compile */
  get(plan: ProgramPlan): Program {
    const key = keyOf(plan);
    const known = this.made.get(key) ?? this.make(plan);
    this.made.delete(key);
    this.made.set(key, known);
    this.forget();
    return known.program;
  }

  private make({ steps, breaks, watch, reads = false }: ProgramPlan) {
    const { target } = this;
    const stores = watch === true;
    const base = this.rewriting(stores, reads);
    const changed = new Set(steps);
    for (const pc of breaks) changed.add(this.functionAt(pc));
    const made = base.module(changed, {
      ...this.basePlan(watch !== false, reads),
      ...{ steps, breaks },
      ...(watch === 'steps' && { storesOf: steps }),
    });
    const program: Program = {
      ...target.prepare(made),
      prefix: made.prefix,
      layout: made.layout,
      breaks,
      steps: steps.size > 0,
      globals: this.globals(made),
    };
    return { program, bytes: made.bytes.length };
  }

  /** What all programs have in common that look at the same accesses to memory. */
  private rewriting(watch: boolean, reads: boolean): Rewriting {
    const key = `${watch};${reads}`;
    const known = this.rewritings.get(key);
    this.rewritings.delete(key);
    const most = this.target.module.length > LARGE ? 2 : 4;
    const [oldest] = this.rewritings.keys();
    if (this.rewritings.size === most && oldest !== undefined) this.rewritings.delete(oldest);
    const made =
      known ??
      new Rewriting(this.target.module, this.basePlan(watch, reads), {
        // what any of them needs: they differ in functions only
        added: this.basePlan(true, true),
        onShare: (share) => this.target.onPreparing(share),
      });
    this.rewritings.set(key, made);
    return made;
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

function keyOf({ steps, breaks, watch, reads = false }: ProgramPlan): string {
  const sorted = (numbers: ReadonlySet<number>) => [...numbers].sort((a, b) => a - b).join();
  return `${sorted(steps)};${sorted(breaks)};${watch};${reads}`;
}
