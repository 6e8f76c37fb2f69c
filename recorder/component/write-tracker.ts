/**
 * Knows which bytes of guest memory the host writes: stands in for the few globals through which jco's
 * generated code writes them (see PROLOGUE in transpiled.ts). A range that was only about to be written
 * counts as written; the log then holds bytes that had not changed, which does no harm. `--paranoid`
 * proves that nothing is missed.
 */

/** A run of bytes in a buffer, three entries each: buffer, offset, length. */
type Ranges = (ArrayBufferLike | number)[];

const SETTERS = {
  setInt8: 1,
  setUint8: 1,
  setInt16: 2,
  setUint16: 2,
  setInt32: 4,
  setUint32: 4,
  setFloat32: 4,
  setFloat64: 8,
  setBigInt64: 8,
  setBigUint64: 8,
} as const;

export class WriteTracker {
  private ranges: Ranges = [];
  /** What the generated code is to find under these names. */
  readonly globals: Record<string, unknown>;

  constructor() {
    this.globals = {
      DataView: this.dataView(),
      Uint8Array: this.uint8Array(),
      Uint16Array: this.uint16Array(),
      TextEncoder: this.textEncoder(),
    };
  }

  /** Hands over what was written since the last time, in order, and forgets it. */
  take(visit: (buffer: ArrayBufferLike, offset: number, length: number) => void): void {
    const { ranges } = this;
    if (ranges.length === 0) return;
    for (let i = 0; i < ranges.length; i += 3) {
      visit(ranges[i] as ArrayBufferLike, ranges[i + 1] as number, ranges[i + 2] as number);
    }
    // not before: where the stack runs out, it is taken again
    this.ranges = [];
  }

  private note(buffer: ArrayBufferLike, offset: number, length: number): void {
    if (length === 0) return;
    const { ranges } = this;
    const last = ranges.length - 3;
    if (
      last >= 0 &&
      ranges[last] === buffer &&
      (ranges[last + 1] as number) + (ranges[last + 2] as number) === offset
    ) {
      (ranges[last + 2] as number) += length;
    } else ranges.push(buffer, offset, length);
  }

  private dataView(): unknown {
    const note = this.note.bind(this);
    class TrackedDataView extends DataView<ArrayBuffer> {}
    for (const [name, size] of Object.entries(SETTERS)) {
      const set = DataView.prototype[name as 'setInt8'];
      Object.defineProperty(TrackedDataView.prototype, name, {
        value(this: DataView, offset: number, value: number, littleEndian: boolean) {
          note(this.buffer, this.byteOffset + offset, size);
          (set as (...args: unknown[]) => void).call(this, offset, value, littleEndian);
        },
      });
    }
    return TrackedDataView;
  }

  private uint8Array(): unknown {
    const note = this.note.bind(this);
    return class TrackedBytes extends Uint8Array {
      // what the shims hand over is of the real class
      static override [Symbol.hasInstance](value: unknown): boolean {
        return ArrayBuffer.isView(value) && value[Symbol.toStringTag as never] === 'Uint8Array';
      }
      override set(source: ArrayLike<number>, offset = 0): void {
        note(this.buffer, this.byteOffset + offset, source.length);
        super.set(source, offset);
      }
      override fill(value: number, start?: number, end?: number): this {
        note(this.buffer, this.byteOffset, this.byteLength);
        return super.fill(value, start, end);
      }
    };
  }

  private uint16Array(): unknown {
    const note = this.note.bind(this);
    return class TrackedUnits extends Uint16Array {
      static override [Symbol.hasInstance](value: unknown): boolean {
        return ArrayBuffer.isView(value) && value[Symbol.toStringTag as never] === 'Uint16Array';
      }
      // UTF-16 strings are written unit by unit, which nothing can see: a view of a range counts
      constructor(buffer: ArrayBuffer, offset: number, length: number) {
        super(buffer, offset, length);
        note(this.buffer, this.byteOffset, this.byteLength);
      }
    };
  }

  private textEncoder(): unknown {
    const note = this.note.bind(this);
    return class TrackedEncoder extends TextEncoder {
      override encodeInto(text: string, into: Uint8Array) {
        const done = super.encodeInto(text, into);
        note(into.buffer, into.byteOffset, done.written);
        return done;
      }
    };
  }
}
