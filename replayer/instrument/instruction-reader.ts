/**
 * Walks over the instructions of a function's body: where each begins, what it is, where it ends. Strict:
 * modules come out of traces, which are untrusted. Hot path of the rewriter: no object an instruction.
 */
import { WasiRrError } from '../../errors.ts';
import { type Immediate, OPCODES, opcodeOf } from '../../wasm/opcodes.ts';

/** How the immediates of an instruction are read. */
const READ = {
  unknown: 0,
  none: 1,
  /** One index or number of up to 5 bytes; `index` holds its low 32 bits. */
  index: 2,
  /** Two; `second` holds the other. */
  indices: 3,
  memarg: 4,
  memargLane: 5,
  block: 6,
  labels: 7,
  types: 8,
  catches: 9,
  i64: 10,
  bytes1: 11,
  bytes4: 12,
  bytes8: 13,
  bytes16: 14,
  cast: 15,
} as const;

const INDICES = new Set<Immediate>([
  ...([
    'type',
    'func',
    'table',
    'memory',
    'global',
    'tag',
    'elem',
    'data',
    'local',
    'field',
  ] as const),
  ...(['label', 'count', 'heap', 'i32'] as const),
]);

const SINGLE: Readonly<Partial<Record<Immediate, number>>> = {
  memarg: READ.memarg,
  block: READ.block,
  labels: READ.labels,
  types: READ.types,
  i64: READ.i64,
  f32: READ.bytes4,
  f64: READ.bytes8,
  v128: READ.bytes16,
  shuffle: READ.bytes16,
  lane: READ.bytes1,
  byte: READ.bytes1,
};

function readerOf(immediates: readonly Immediate[]): number {
  const [first, second] = immediates;
  if (first === undefined) return READ.none;
  if (first === 'memarg' && second === 'lane') return READ.memargLane;
  if (first === 'block' && second === 'catches') return READ.catches;
  if (first === 'byte' && immediates.length === 4) return READ.cast;
  if (immediates.length === 1 && INDICES.has(first)) return READ.index;
  if (
    immediates.length === 2 &&
    INDICES.has(first) &&
    second !== undefined &&
    INDICES.has(second)
  ) {
    return READ.indices;
  }
  const single = immediates.length === 1 ? SINGLE[first] : undefined;
  if (single === undefined)
    throw new Error(`immediates that are not read: ${immediates.join(' ')}`);
  return single;
}

/** By first byte; then by prefix (0xfb to 0xfe) and number. */
const PLAIN = new Uint8Array(256);
const PREFIX_NUMBERS = 512;
const PREFIXED = new Uint8Array(4 * PREFIX_NUMBERS);
for (const { code, immediates } of OPCODES) {
  if (code < 256) PLAIN[code] = readerOf(immediates);
  else PREFIXED[((code >>> 16) - 0xfb) * PREFIX_NUMBERS + (code & 0xffff)] = readerOf(immediates);
}

/** Kinds of catch clauses that name a tag: `catch` and `catch_ref`. */
const CATCH_WITH_TAG = 1;

export class InstructionReader {
  private readonly bytes: Uint8Array;
  private limit = 0;
  /** Offset behind the instruction. */
  at = 0;
  /** Offset at which the instruction begins. */
  start = 0;
  /** As {@link Opcode.code}. */
  code = 0;
  /** First and second immediate, where they are indices or numbers; of a memarg the memory. */
  index = 0;
  second = 0;
  /** A memarg's offset; exact up to 2^53. */
  offset = 0;
  /** Labels of a br_table, the default last. */
  readonly labels: number[] = [];
  /** Labels of a try_table's clauses, counted from outside of it. */
  catchLabels: number[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** @param from offset of the first byte; @param to of the first byte behind the last one */
  open(from: number, to: number): void {
    if (to > this.bytes.length || from > to) throw malformed(from, 'a body reaches beyond the end');
    this.at = from;
    this.limit = to;
  }

  get atEnd(): boolean {
    return this.at >= this.limit;
  }

  /**
   * Reads the next instruction.
   * @throws WasiRrError MODULE_INVALID where the bytes do not hold together, MODULE_UNSUPPORTED for an
   *   instruction that is not in the table
   */
  next(): void {
    const { bytes } = this;
    this.start = this.at;
    const first = bytes[this.at++] as number;
    let read: number;
    if (first < 0xfb) {
      this.code = first;
      read = PLAIN[first] as number;
    } else {
      const number = this.u32();
      this.code = (first << 16) | number;
      read =
        first < 0xff && number < PREFIX_NUMBERS
          ? (PREFIXED[(first - 0xfb) * PREFIX_NUMBERS + number] as number)
          : READ.unknown;
    }
    switch (read) {
      case READ.none:
        break;
      case READ.index:
        this.index = this.u32();
        break;
      case READ.indices:
        this.index = this.u32();
        this.second = this.u32();
        break;
      case READ.memarg:
        this.memarg();
        break;
      case READ.memargLane:
        this.memarg();
        this.at++;
        break;
      case READ.block:
        this.valueOrIndex();
        break;
      case READ.i64:
        this.leb(10);
        break;
      case READ.bytes1:
        this.at++;
        break;
      case READ.bytes4:
        this.at += 4;
        break;
      case READ.bytes8:
        this.at += 8;
        break;
      case READ.bytes16:
        this.at += 16;
        break;
      default:
        this.unusual(read);
    }
    if (this.at > this.limit) throw malformed(this.start, 'an instruction is cut short');
  }

  private unusual(read: number): void {
    switch (read) {
      case READ.labels:
        // the default is one more
        this.labels.length = 0;
        for (let left = this.count() + 1; left > 0; left--) this.labels.push(this.u32());
        break;
      case READ.types:
        for (let left = this.count(); left > 0; left--) this.valueOrIndex();
        break;
      case READ.catches:
        this.valueOrIndex();
        this.catchLabels = [];
        for (let left = this.count(); left > 0; left--) {
          const kind = this.bytes[this.at++] as number;
          if (kind <= CATCH_WITH_TAG) this.u32();
          this.catchLabels.push(this.u32());
        }
        break;
      case READ.cast:
        this.at++;
        this.index = this.u32();
        this.leb(5);
        this.leb(5);
        break;
      default:
        throw unknown(this.start, this.code);
    }
  }

  /** A value type, or anything else that is one signed LEB128. */
  private valueOrIndex(): void {
    const first = this.bytes[this.at];
    this.leb(5);
    // (ref null? heaptype)
    if (first === 0x63 || first === 0x64) this.leb(5);
  }

  private memarg(): void {
    const alignment = this.u32();
    this.index = (alignment & 0x40) !== 0 ? this.u32() : 0;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.offset = value;
        return;
      }
      scale *= 128;
    }
    throw malformed(this.start, 'a number is too long');
  }

  /** The length of a vector: each entry takes a byte at least. */
  private count(): number {
    const count = this.u32();
    if (count > this.limit - this.at) throw malformed(this.start, 'a vector is cut short');
    return count;
  }

  private u32(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed(this.start, 'a number is too long');
  }

  private leb(maxBytes: number): void {
    for (let i = 0; i < maxBytes; i++) {
      if ((this.bytes[this.at++] as number) < 0x80) return;
    }
    throw malformed(this.start, 'a number is too long');
  }
}

export function malformed(offset: number, what: string): WasiRrError {
  return new WasiRrError(
    'MODULE_INVALID',
    `the module does not hold together at 0x${offset.toString(16)}: ${what}.`,
  );
}

function unknown(offset: number, code: number): WasiRrError {
  const text =
    code > 0xff ? `0x${(code >>> 16).toString(16)} ${code & 0xffff}` : `0x${code.toString(16)}`;
  // what is in the table is read: only what is not comes here
  if (opcodeOf(code) !== undefined) throw new Error(`instruction ${text} is not read`);
  return new WasiRrError(
    'MODULE_UNSUPPORTED',
    `the module uses an instruction that wasi-rr does not know (${text} at 0x${offset.toString(16)}): it cannot be stepped or watched. Recording and replaying it work.`,
  );
}
