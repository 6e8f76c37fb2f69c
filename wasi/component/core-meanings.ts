/** Which functions of interfaces the core functions of a component stand for. */
import type { ComponentWords, StringEncoding, WitFunction } from '../../wasm/component/types.ts';

/** A core instance, as far as it matters here. */
export interface MeantInstance {
  readonly id: number;
  readonly module: number;
  readonly links: readonly {
    readonly kind: string;
    readonly func?: number;
    readonly lowered?: Lowered;
  }[];
}

/** That an import of a core instance is a function of an interface. */
export interface Lowered {
  /** Index into the functions of the words. */
  readonly func: number;
  /** Number of the memory that pointers point into; absent where there are none. */
  readonly memory?: number;
  readonly encoding: StringEncoding;
}

/** How the values of a core function are to be read. */
export interface Meaning {
  readonly func: WitFunction;
  readonly memory: number | undefined;
  readonly encoding: StringEncoding;
}

const NO_WORDS: ComponentWords = { types: [], resources: [], functions: [], lifted: [] };

export class CoreMeanings {
  readonly words: ComponentWords;
  private readonly imports = new Map<number, Meaning>();
  private readonly modules = new Map<number, number>();
  private readonly memories = new Set<number>();

  /** @param words undefined where they could not be read: then no function means anything */
  constructor(words: ComponentWords | undefined, instances: Iterable<MeantInstance> = []) {
    this.words = words ?? NO_WORDS;
    for (const instance of instances) this.add(instance);
  }

  /** An instance that was made. */
  add({ id, module, links }: MeantInstance): void {
    this.modules.set(id, module);
    for (const { func, lowered } of links) {
      const meant = lowered && this.words.functions[lowered.func];
      if (func === undefined || lowered === undefined || meant === undefined) continue;
      const { memory, encoding } = lowered;
      this.imports.set(func, { func: meant, memory, encoding });
      if (memory !== undefined) this.memories.add(memory);
    }
  }

  /** Whether all pointers point into one memory, so that all handles are of one table. */
  get ofOneMemory(): boolean {
    return this.memories.size <= 1;
  }

  /** @returns undefined for what the component runtime does itself */
  imported(func: number): Meaning | undefined {
    return this.imports.get(func);
  }

  /** @returns undefined for what serves the component runtime only (`cabi_realloc`) */
  exported(instance: number, name: string): WitFunction | undefined {
    const module = this.modules.get(instance);
    const found = this.words.lifted.find((one) => one.module === module && one.name === name);
    return found && this.words.functions[found.func];
  }
}
