/** Which call of a stack is the program's own, by what its sources are called and whether they are here. */
import { expect, test } from 'vitest';
import type { LocatedFrame } from '../../replayer/timetravel/messages.ts';
import { ownCode } from '../../tui/source/own-code.ts';
import { SourceFiles } from '../../tui/source/source-files.ts';

/** A stack of these files, innermost first; of several, inlined ones in front. */
function stackOf(...frames: string[][]): LocatedFrame[] {
  return frames.map((files, func) => ({
    ...{ func, offset: func, name: undefined, mangled: undefined, locals: [] },
    source: files.map((file, i) => ({
      name: undefined,
      inlined: i < files.length - 1,
      place: { file, line: 1 },
    })),
  })) as unknown as LocatedFrame[];
}

/** Sources of which those that do not begin with `gone/` are here. */
const sources = new SourceFiles([], (file) => (file.startsWith('gone/') ? undefined : 'text'));

test.each([
  ['/usr/include/wasm32-wasi/c++/v1/stdexcept'],
  ['/usr/lib/llvm-19/include/string.h'],
  ['/usr/local/lib/zig/std/start.zig'],
  ['/rustc/4b91a6ea/library/core/src/option.rs'],
  ['/usr/src/rustc-1.63.0/library/std/src/panicking.rs'],
  ['/root/.cargo/registry/src/index/serde-1.0.0/src/lib.rs'],
  ['/opt/zig/lib/std/builtin.zig'],
  ['~lib/array.ts'],
  ['bug/~lib/wasi_internal.ts'],
  ['gone/main.c'],
])('%s is not', (file) => {
  const stack = stackOf([file], [file, 'src/main.cpp'], ['src/other.c']);
  expect(ownCode(stack, sources)).toEqual({ level: 1, call: 1 });
});

test('a library is all there is, or nothing', () => {
  const stack = stackOf(['gone/a.c'], ['/usr/include/c++/v1/map']);
  expect(ownCode(stack, sources)).toEqual({ level: 1, call: 0 });
  expect(ownCode(stackOf(['gone/a.c'], []), sources)).toBeUndefined();
});

test('a project below /usr/src is own code', () => {
  expect(ownCode(stackOf(['/usr/src/app/main.c']), sources)).toEqual({ level: 0, call: 0 });
});
