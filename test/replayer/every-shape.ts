/** A guest whose few calls have every shape that a record can have, and no loop: no log can make it hang. */
import { data, program, words } from '../guests/assemble.ts';
import type { Guest } from '../guests/guest.ts';

const calls = [
  'call $args_sizes_get (i32.const 2100) (i32.const 2104)',
  'call $args_get (i32.const 2200) (i32.const 2300)',
  'call $fd_read (i32.const 0) (i32.const 2048) (i32.const 2) (i32.const 2108)',
  'call $fd_write (i32.const 1) (i32.const 2048) (i32.const 3) (i32.const 2112)',
  'call $random_get (i32.const 3200) (i32.const 300)',
  'call $fd_seek (i32.const 0) (i64.const -1) (i32.const 1) (i32.const 2116)',
  'call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const -1) (i32.const 0) (i32.const 2124)',
  'memory.grow (i32.const 1)',
  'call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 2128)',
];

/** Each in a handler that catches all there is. What it gives is kept, so that the guest ends up different. */
const kept = calls
  .map((call, i) => `try (i32.store (i32.const ${2160 + 4 * i}) (${call})) catch_all (nop) end`)
  .join('\n    ');

export const everyShape: Guest = {
  name: 'every-shape',
  input: { stdin: Buffer.from('twelve bytes'), args: ['a', 'bc'], env: { A: 'b' } },
  wat: program(`
  ${data(2048, words(3000, 5, 3100, 7, 3000, 2))}
  (func (export "_start")
    ${kept}
    (call $proc_exit (i32.load (i32.const 2108))))`),
  expect: { ending: { kind: 'any' } },
};
