/** Rewritten and compiled forms of a trace's module, of which the latest are kept. */
import { exportGlobals, type VisibleGlobal } from '../../wasm/exported-globals.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { instrument } from '../instrument/rewrite.ts';
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

/** Bytes of rewritten modules that are kept, and how many at most. */
const KEPT = { bytes: 128 << 20, programs: 16 };

export class Programs {
  private readonly target: TravelTarget;
  /** Latest use last. */
  private readonly made = new Map<string, { readonly program: Program; readonly bytes: number }>();

  constructor(target: TravelTarget) {
    this.target = target;
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
    const plan = withOverflow(this.target.trace, {
      tick: true,
      frames: 'spill',
      steps,
      breaks,
      watch: watch !== false,
      reads,
      ...(watch === 'steps' && { storesOf: steps }),
    });
    const made = instrument(this.target.module, plan);
    const visible = exportGlobals(made.bytes);
    const prepared = this.target.prepare({
      bytes: visible.bytes,
      start: made.start,
      original: (offset) => made.original(offset - visible.shift),
    });
    const program: Program = {
      ...prepared,
      prefix: made.prefix,
      layout: made.layout,
      breaks,
      steps: steps.size > 0,
      globals: visible.globals.filter(({ index }) => index < made.layout.globals),
    };
    return { program, bytes: visible.bytes.length };
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
