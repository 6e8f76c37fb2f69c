/**
 * Code that is written in two forms at once: plain, as it is to be rewritten, and told, in which it tells imports of
 * all it does (telling.ts). The told form is the truth that rewritings are compared with: it is made where code is
 * made, without reading any.
 */
import { signedLeb, unsignedLeb } from '../../../replayer/instrument/additions.ts';
import { WasmOutput } from '../../../replayer/instrument/wasm-output.ts';
import type { NumberKind } from './operators.ts';

export type Kind =
  | NumberKind
  | 'func'
  | 'extern'
  | 'any'
  | 'i31'
  | 'struct'
  | 'array'
  | 'fn'
  | 'exn';

/** Indices of the types that each module has. */
export const TYPES = { fn: 0, struct: 1, array: 2, nothing: 3 } as const;

export const TYPE_BYTES: Readonly<Record<Kind, readonly number[]>> = {
  i32: [0x7f],
  i64: [0x7e],
  f32: [0x7d],
  f64: [0x7c],
  v128: [0x7b],
  func: [0x70],
  extern: [0x6f],
  any: [0x6e],
  i31: [0x6c],
  struct: [0x63, TYPES.struct],
  array: [0x63, TYPES.array],
  fn: [0x63, TYPES.fn],
  exn: [0x69],
};

/** Functions that every module imports. */
export const IMPORTS = { at: 0, access: 1, enter: 2, left: 3, i32: 4, i64: 5, tick: 6, probe: 7 };

/** What `access` is told of. */
export const ACCESS = { wrote: 0, read: 1, second: 2, attempt: 3 } as const;

/** A place in the plain form: a function, and an offset behind the declarations of its locals. */
export interface Site {
  readonly func: number;
  readonly offset: number;
  /** A mark of the structure, where nothing happens. */
  structure: boolean;
}

/** block, loop, try, catch, delegate, catch_all, try_table, else, end. */
const STRUCTURE: ReadonlySet<number> = new Set([2, 3, 6, 7, 0x18, 0x19, 0x1f, 5, 0x0b]);

export class TwoForms {
  readonly plain = new WasmOutput(1 << 10);
  readonly told = new WasmOutput(1 << 12);
  readonly locals: readonly Kind[];
  readonly params: number;
  /** Locals of the told form that stand behind those of both. */
  readonly more: Kind[] = ['i32'];
  private readonly func: number;
  private readonly sites: Site[];
  private readonly depthGlobal: number;

  /**
   * @param locals parameters first; @param params how many those are
   * @param sites gets all places
   * @param depthGlobal of the told form: how many frames there are
   */
  constructor(
    func: number,
    { locals, params }: Pick<TwoForms, 'locals' | 'params'>,
    sites: Site[],
    depthGlobal: number,
  ) {
    this.func = func;
    this.locals = locals;
    this.params = params;
    this.sites = sites;
    this.depthGlobal = depthGlobal;
  }

  /** An instruction, or a mark of the structure. @returns its site */
  instruction(bytes: readonly number[], told: readonly number[] = bytes): number {
    const site = this.place();
    // the end of a function, which only the plain form has there, is where it returns
    const structure = told.length > 0 && STRUCTURE.has(bytes[0] ?? 0);
    (this.sites[site] as Site).structure = structure;
    this.plain.put(bytes);
    this.told.put(told);
    return site;
  }

  /** Into the told form alone. */
  tell(...bytes: readonly (number | readonly number[])[]): void {
    for (const one of bytes) this.told.put(typeof one === 'number' ? [one] : one);
  }

  /** A local of the told form. */
  temporary(kind: Kind): readonly number[] {
    this.more.push(kind);
    return unsignedLeb(this.locals.length + this.more.length - 1);
  }

  enter(): void {
    this.tell(0x23, unsignedLeb(this.depthGlobal), 0x41, 1, 0x6a, 0x22, this.depth);
    this.tell(0x24, unsignedLeb(this.depthGlobal));
    this.tellFunction(IMPORTS.enter);
    this.ticked();
  }

  /** Behind whatever may have left other frames' depth. */
  restore(): void {
    this.tell(0x20, this.depth, 0x24, unsignedLeb(this.depthGlobal));
  }

  leave(): void {
    this.tellFunction(IMPORTS.left);
    this.tell(0x20, this.depth, 0x41, 1, 0x6b, 0x24, unsignedLeb(this.depthGlobal));
  }

  /** Tells where the next instruction is. */
  ticked(): void {
    const site = this.site();
    this.tell(0x41, signedLeb(site), 0x20, this.depth, 0x10, IMPORTS.tick);
  }

  /**
   * @param address a local of the told form, of its memory's address type
   * @param length a number, or a local of type i32 or i64
   */
  accessed(
    kind: number,
    site: number,
    at: { readonly address: readonly number[]; readonly wide: boolean; readonly offset: number },
    length: number | { readonly local: readonly number[]; readonly wide: boolean },
  ): void {
    this.tell(0x41, signedLeb(kind), 0x41, signedLeb(site));
    this.tell(0x20, at.address, at.wide ? 0xba : 0xb8, 0x44, f64(at.offset), 0xa0);
    if (typeof length === 'number') this.tell(0x44, f64(length));
    else this.tell(0x20, length.local, length.wide ? 0xba : 0xb8);
    this.tell(0x10, IMPORTS.access);
  }

  private get depth(): readonly number[] {
    return unsignedLeb(this.locals.length);
  }

  private tellFunction(which: number): void {
    this.tell(0x41, signedLeb(this.func), 0x20, this.depth, 0x10, which);
  }

  private site(): number {
    return this.sites.push({ func: this.func, offset: this.plain.length, structure: false }) - 1;
  }

  /** Tells of all locals, then where it stands. */
  private place(): number {
    const site = this.site();
    for (const [index, kind] of this.locals.entries()) this.tellLocal(index, kind);
    this.tell(0x41, signedLeb(site), 0x20, this.depth, 0x10, IMPORTS.at);
    return site;
  }

  private tellLocal(index: number, kind: Kind): void {
    const get = [0x20, ...unsignedLeb(index)];
    const tell = (how: number, ...more: number[]) =>
      this.tell(0x41, signedLeb(index), get, more, 0x10, how);
    switch (kind) {
      case 'i32':
        tell(IMPORTS.i32);
        return;
      case 'f32':
        tell(IMPORTS.i32, 0xbc);
        return;
      case 'i64':
        tell(IMPORTS.i64);
        return;
      case 'f64':
        tell(IMPORTS.i64, 0xbd);
        return;
      case 'v128':
        tell(IMPORTS.i64, 0xfd, 0x1d, 0);
        tell(IMPORTS.i64, 0xfd, 0x1d, 1);
        return;
    }
  }
}

export function f64(value: number): number[] {
  return [...new Uint8Array(new Float64Array([value]).buffer)];
}
