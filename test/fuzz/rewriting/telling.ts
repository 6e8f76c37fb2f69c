/** What the told form of a module says of a run, and how runs end and what they leave. */
import { createHash } from 'node:crypto';
import type { Place, RandomModule } from './random-module.ts';
import { ACCESS } from './two-forms.ts';

/** An instruction was come to. */
export interface At {
  readonly kind: 'at';
  readonly func: number;
  readonly pc: number;
  readonly structure: boolean;
  readonly depth: number;
  readonly tick: number;
  /** Bits of all locals that are numbers, in their order: of a vector two. */
  readonly locals: readonly (number | bigint)[];
}

export type Told =
  | At
  | {
      readonly kind: 'wrote' | 'read' | 'second' | 'attempt';
      readonly pc: number;
      readonly address: number;
      readonly length: number;
    }
  | { readonly kind: 'entered' | 'left'; readonly func: number; readonly depth: number }
  | { readonly kind: 'tick'; readonly pc: number; readonly depth: number }
  | { readonly kind: 'probe' };

const ACCESSES = Object.keys(ACCESS) as (keyof typeof ACCESS)[];

/** Imports that take down what they are told. */
export class Telling {
  readonly told: Told[] = [];
  readonly imports: WebAssembly.Imports;
  private locals: (number | bigint)[] = [];
  private ticks = 0;

  constructor({ places }: RandomModule) {
    const { told } = this;
    const place = (site: number) => places[site] as Place;
    const probe = probing(() => told.push({ kind: 'probe' }));
    this.imports = {
      t: {
        ...{ probe, i32: this.local, i64: this.local },
        at: (site: number, depth: number) => {
          told.push({ kind: 'at', ...place(site), depth, tick: this.ticks, locals: this.locals });
          this.locals = [];
        },
        access: (kind: number, site: number, address: number, length: number) => {
          const { pc } = place(site);
          if (length > 0) told.push({ kind: ACCESSES[kind] ?? 'wrote', pc, address, length });
        },
        enter: (func: number, depth: number) => told.push({ kind: 'entered', func, depth }),
        left: (func: number, depth: number) => told.push({ kind: 'left', func, depth }),
        tick: (site: number, depth: number) => {
          this.ticks++;
          told.push({ kind: 'tick', pc: place(site).pc, depth });
        },
      },
    };
  }

  private readonly local = (_index: number, bits: number | bigint) => {
    this.locals.push(bits);
  };
}

/** A host function that answers, and now and then throws. */
export function probing(called: () => void): (value: number) => number {
  let calls = 0;
  return (value) => {
    called();
    calls++;
    if (calls % 7 === 0) throw new Error(`probe ${calls}`);
    return Math.imul(value, 31) + calls;
  };
}

/** Imports of a form that is not told. */
export function quietImports(probed: () => void = () => {}): WebAssembly.Imports {
  const quiet = () => {};
  const t = {
    at: quiet,
    access: quiet,
    enter: quiet,
    left: quiet,
    i32: quiet,
    i64: quiet,
    tick: quiet,
  };
  return { t: { ...t, probe: probing(probed) } };
}

/**
 * Runs it, and says how that ended and what it left: memories, globals, tables.
 * @param begin is called before any code of the guest's, and gives it its start function where that is an export
 */
export function outcomeOf(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  begin: (exports: WebAssembly.Exports) => (() => void) | undefined = () => undefined,
): {
  readonly ending: string;
  readonly left: string;
  readonly exports: WebAssembly.Exports | undefined;
} {
  let exports: WebAssembly.Exports | undefined;
  let ending: string;
  try {
    ({ exports } = new WebAssembly.Instance(module, imports));
    const start = begin(exports);
    start?.();
    (exports.run as () => void)();
    ending = 'returned';
  } catch (thrown) {
    ending = endingOf(thrown, exports);
  }
  return { ending, left: exports === undefined ? '' : leftBy(exports), exports };
}

/** What the types of Node leave out. */
interface Thrown {
  is(tag: object): boolean;
  getArg(tag: object, index: number): unknown;
}

interface Table {
  readonly length: number;
  get(index: number): unknown;
}

function isTable(value: unknown): value is Table {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Table]';
}

function endingOf(thrown: unknown, exports: WebAssembly.Exports | undefined): string {
  if (thrown instanceof WebAssembly.Exception) {
    if (exports === undefined) return 'an exception';
    for (const [tag, count] of [1, 2, 0].entries()) {
      const own = exports[`tag${tag}`] as object;
      const one = thrown as unknown as Thrown;
      if (!one.is(own)) continue;
      return `exception ${tag} ${Array.from({ length: count }, (_, i) => one.getArg(own, i))}`;
    }
    return 'another exception';
  }
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

function leftBy(exports: WebAssembly.Exports): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(exports)) {
    if (name.includes('wasi-rr:')) continue;
    if (value instanceof WebAssembly.Memory) {
      const hash = createHash('sha1').update(new Uint8Array(value.buffer)).digest('hex');
      parts.push(`${name} ${value.buffer.byteLength} ${hash}`);
    } else if (value instanceof WebAssembly.Global) parts.push(`${name} ${String(value.value)}`);
    else if (isTable(value)) {
      const entries = Array.from({ length: value.length }, (_, i) => {
        const entry = value.get(i);
        return typeof entry === 'function' ? entry.name : entry === null ? 'null' : 'a value';
      });
      parts.push(`${name} ${entries}`);
    }
  }
  return parts.join('\n');
}
