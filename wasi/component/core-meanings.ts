/** Which functions of interfaces the core functions of a component stand for. */
import type { Passing } from '../../wasm/component/lifter.ts';
import type {
  ComponentWords,
  LiftedFunction,
  StringEncoding,
  TypeRef,
  WitFunction,
} from '../../wasm/component/types.ts';

/** A core instance, as far as it matters here. */
export interface MeantInstance {
  readonly id: number;
  readonly module: number;
  readonly links: readonly {
    readonly kind: string;
    /** Of the import. */
    readonly module?: string;
    readonly name?: string;
    readonly func?: number;
    readonly lowered?: Lowered;
    readonly builtin?: BuiltinLink;
  }[];
}

/** That an import of a core instance is a function of an interface. */
export interface Lowered extends Passing {
  /** Index into the functions of the words. */
  readonly func: number;
  /** Number of the memory that pointers point into; absent where there are none. */
  readonly memory?: number;
}

/** That it is a function of the component runtime. */
export interface BuiltinLink {
  /** As the component model names it: `stream.write`. */
  readonly name: string;
  /** The type of what a stream or a future holds, or of what is returned. */
  readonly type: TypeRef | null;
  readonly memory?: number;
  readonly encoding: StringEncoding;
  readonly async?: boolean;
  /** Of what is kept for a task. */
  readonly slot?: number;
}

/** How the values of a core function are to be read. */
export interface Meaning extends Passing {
  readonly func: WitFunction;
  readonly memory: number | undefined;
  /** Whose handles are passed: which of the components within calls it. */
  readonly component: number;
}

/** How those of the component runtime are. */
export interface BuiltinMeaning extends BuiltinLink {
  readonly component: number;
}

/**
 * What the code between two components asks of the runtime where a handle goes from one to the other: its number
 * there is the result. What is given away is the giver's no more.
 */
const MOVES: Readonly<Record<string, 'given' | 'lent'>> = {
  'resource transfer-own': 'given',
  'resource transfer-borrow': 'lent',
  'stream transfer': 'given',
  'future transfer': 'given',
};

/** What an export of a core instance is to the component. */
export interface ExportMeaning {
  /** `callback` is called again and again until what an `entry` began is done; `whole` does all at once. */
  readonly role: 'whole' | 'entry' | 'callback';
  /** Undefined for a callback: which function it belongs to is known by who is called back. */
  readonly func: WitFunction | undefined;
  /** Name of its callback; of a callback its own. */
  readonly callback: string | undefined;
  readonly component: number;
  readonly encoding: StringEncoding;
}

const NO_WORDS: ComponentWords = { types: [], resources: [], functions: [], lifted: [] };

export class CoreMeanings {
  readonly words: ComponentWords;
  private readonly imports = new Map<number, Meaning>();
  private readonly builtins = new Map<number, BuiltinMeaning>();
  private readonly moves = new Map<number, 'given' | 'lent'>();
  /** By instance and name. */
  private readonly exports = new Map<number, Map<string, ExportMeaning | undefined>>();
  private readonly modules = new Map<number, number>();
  /** Of an instance the component that made it. */
  private readonly components = new Map<number, number>();
  /** Which of the instances that the words list were made. */
  private readonly made = new Set<number>();
  private readonly memories = new Set<number>();

  /** @param words undefined where they could not be read: then no function means anything */
  constructor(words: ComponentWords | undefined, instances: Iterable<MeantInstance> = []) {
    this.words = words ?? NO_WORDS;
    for (const instance of instances) this.add(instance);
  }

  /** An instance that was made. */
  add({ id, module, links }: MeantInstance): void {
    if (this.modules.has(id)) return;
    this.modules.set(id, module);
    const component = this.componentOf(module);
    this.components.set(id, component);
    for (const { module: from, name, func, lowered, builtin } of links) {
      if (func === undefined) continue;
      const moves = lowered || builtin ? undefined : MOVES[`${from} ${name}`];
      if (moves !== undefined) this.moves.set(func, moves);
      const meant = lowered && this.words.functions[lowered.func];
      const { memory } = lowered ?? builtin ?? {};
      if (lowered !== undefined && meant !== undefined) {
        this.imports.set(func, { ...lowered, func: meant, memory, component });
      } else if (builtin !== undefined && this.isKnown(builtin.type)) {
        this.builtins.set(func, { ...builtin, component });
      }
      if (memory !== undefined) this.memories.add(memory);
    }
  }

  /** Whether all pointers point into one memory, so that all handles are of one table. */
  get ofOneMemory(): boolean {
    return this.memories.size <= 1;
  }

  /** Whether it is known whose table a handle is of: not in traces made before, unless there is but one. */
  get tellsTables(): boolean {
    return this.ofOneMemory || this.words.instances !== undefined;
  }

  /** Whether a handle goes from one component to another with a call. */
  moved(func: number): 'given' | 'lent' | undefined {
    return this.moves.get(func);
  }

  /** Whether it is seen what becomes of streams and futures: not in traces made before. */
  get seesChannels(): boolean {
    return this.builtins.size > 0;
  }

  /** @returns undefined for what the component runtime does itself */
  imported(func: number): Meaning | undefined {
    return this.imports.get(func);
  }

  /** @returns undefined for what is none, and in traces that do not say */
  builtin(func: number): BuiltinMeaning | undefined {
    return this.builtins.get(func);
  }

  /** @returns undefined for what serves the component runtime only (`cabi_realloc`) */
  exported(instance: number, name: string): ExportMeaning | undefined {
    let known = this.exports.get(instance);
    if (known?.has(name)) return known.get(name);
    const meaning = this.exportMeaning(instance, name);
    // an instance that is not known yet may be later
    if (!this.modules.has(instance)) return meaning;
    known ??= new Map();
    this.exports.set(instance, known.set(name, meaning));
    return meaning;
  }

  private exportMeaning(instance: number, name: string): ExportMeaning | undefined {
    const module = this.modules.get(instance);
    const component = this.components.get(instance) ?? 0;
    const lifted = this.words.lifted.filter((one) => one.module === module);
    const entry = lifted.find((one) => one.name === name);
    const func = entry && this.words.functions[entry.func];
    if (entry !== undefined && func !== undefined) {
      const { callback, encoding = 'utf8' } = entry;
      return { role: roleOf(entry), func, callback, component, encoding };
    }
    if (!lifted.some(({ callback }) => callback === name)) return undefined;
    return { role: 'callback', func: undefined, callback: name, component, encoding: 'utf8' };
  }

  /** Instances of one module are made in the order in which the words list them; of a server again and again. */
  private componentOf(module: number): number {
    const { instances = [] } = this.words;
    const isNext = (again: boolean) =>
      instances.findIndex((one, i) => one.module === module && (again || !this.made.has(i)));
    let found = isNext(false);
    if (found < 0) {
      for (const [i, one] of instances.entries()) if (one.module === module) this.made.delete(i);
      found = isNext(true);
    }
    if (found >= 0) this.made.add(found);
    return instances[found]?.component ?? 0;
  }

  private isKnown(type: TypeRef | null): boolean {
    return typeof type !== 'number' || type < this.words.types.length;
  }
}

function roleOf({ async, callback }: LiftedFunction): 'whole' | 'entry' {
  return async || callback !== undefined ? 'entry' : 'whole';
}
