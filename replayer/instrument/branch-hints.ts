/**
 * Tells V8 which branches are hardly ever taken (proposal branch-hinting), so that what they do lies apart from the code
 * that runs, and keeps no registers from it.
 */
import { putU32, WasmOutput } from './wasm-output.ts';

const NAME = 'metadata.code.branch_hint';
/** Bytes of a hint, and the hint: not taken. */
const UNLIKELY = [1, 0] as const;

export class BranchHints {
  /** Functions with hints, ascending, and where those of each begin. */
  readonly functions: number[] = [];
  private readonly starts: number[] = [];
  private readonly out = new WasmOutput(1 << 12);

  /** Functions come in ascending order, and so do offsets. @param base is added to the offsets, from the locals on */
  add(func: number, base: number, offsets: readonly number[]): void {
    if (offsets.length === 0) return;
    const { out } = this;
    this.functions.push(func);
    this.starts.push(out.length);
    out.u32(func);
    out.u32(offsets.length);
    // a number and two bytes each
    const bytes = out.reserve(7 * offsets.length);
    let at = out.length;
    for (const offset of offsets) {
      at = putU32(bytes, at, base + offset);
      bytes[at++] = UNLIKELY[0];
      bytes[at++] = UNLIKELY[1];
    }
    out.length = at;
  }

  /** @param index of the function among those with hints */
  copyTo(into: WasmOutput, index: number): void {
    const to = this.starts[index + 1] ?? this.out.length;
    into.copy(this.out.bytes, this.starts[index] as number, to);
  }
}

/**
 * Contents of the custom section, which stands before the code; undefined where there is no hint.
 * @param other of the functions in `changed`, instead of what `all` says of them
 */
export function hintsSection(
  all: BranchHints,
  other: BranchHints | undefined,
  changed: ReadonlySet<number>,
): WasmOutput | undefined {
  const entries = [
    ...all.functions.flatMap((func, index) =>
      other !== undefined && changed.has(func) ? [] : [{ func, index, of: all }],
    ),
    ...(other?.functions ?? []).map((func, index) => ({ func, index, of: other })),
  ];
  if (entries.length === 0) return undefined;
  if (other !== undefined) entries.sort((a, b) => a.func - b.func);
  const contents = new WasmOutput(1 << 12);
  contents.name(NAME);
  contents.u32(entries.length);
  for (const { index, of } of entries) of?.copyTo(contents, index);
  return contents;
}
