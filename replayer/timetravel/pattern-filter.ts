/**
 * Looks at what stores leave in memory without leaving wasm (pattern-filter.wat): of millions, a hook in JavaScript is told of
 * those behind which some bytes stand there.
 */
import type { Hooks } from '../instrument/plan.ts';
import { PATTERN_FILTER_MODULE_BASE64 } from './pattern-filter-module.ts';

interface Exports {
  readonly pattern: WebAssembly.Memory;
  readonly length: WebAssembly.Global;
  readonly always: WebAssembly.Global;
  readonly wrote: Hooks['wrote'];
}

/** Where the pattern lies, behind a byte for each value of a byte. */
const PATTERN = 256;
const PAGE = 65536;

export class PatternFilter {
  private readonly exports: Exports;

  /**
   * @param memory of the guest, with addresses of 32 bits
   * @param told of the stores that are passed on
   */
  constructor(memory: WebAssembly.Memory, pattern: Uint8Array, told: Hooks['wrote']) {
    const module = new WebAssembly.Module(Buffer.from(PATTERN_FILTER_MODULE_BASE64, 'base64'));
    const imports = { guest: { memory }, host: { wrote: told } };
    this.exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    const own = this.exports.pattern;
    own.grow(Math.ceil(Math.max(0, PATTERN + pattern.length - own.buffer.byteLength) / PAGE));
    const bytes = new Uint8Array(own.buffer);
    bytes.set(pattern, PATTERN);
    for (const value of pattern) bytes[value] = 1;
    this.exports.length.value = pattern.length;
  }

  /** For Probes.setWasm. */
  get hook(): Hooks['wrote'] {
    return this.exports.wrote;
  }

  /** Whether every store is passed on. */
  set passesAll(all: boolean) {
    this.exports.always.value = all ? 1 : 0;
  }
}
