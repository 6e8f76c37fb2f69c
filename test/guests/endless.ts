/** Guests that never return: whoever runs them must be able to stop them. */
import { data, program, words } from './assemble.ts';
import type { Guest } from './guest.ts';

/** Writes `start`, then does something without end. */
function endless(name: string, input: Guest['input'], fields: string, forEver: string): Guest {
  return {
    name,
    ...(input && { input }),
    wat: program(`
  ${fields}
  (func (export "_start")
    (say "start\n")
    ${forEver}
    (say "end\n"))`),
    expect: { ending: { kind: 'never' }, stdout: 'start\n' },
  };
}

export const endlessGuests: Guest[] = [
  /** An empty loop: no call, no memory access, nothing at which it could be stopped from inside. */
  endless('busy-loop', undefined, '', '(loop $again (br $again))'),

  /** Calls the host for ever. */
  endless('busy-calls', undefined, '', '(loop $again (drop (call $sched_yield)) (br $again))'),

  /** Blocks in the host, reading a stdin that stays silent. */
  endless(
    'blocked-read',
    { stdin: 'open' },
    data(2048, words(3000, 16)),
    '(drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 2064)))',
  ),

  /** Blocks in the host, asleep for an hour. */
  endless(
    'blocked-sleep',
    undefined,
    '',
    `(i32.store (i32.const 2064) (i32.const 1))
    (i64.store (i32.const 2072) (i64.const 3600000000000))
    (drop (call $poll_oneoff (i32.const 2048) (i32.const 3000) (i32.const 1) (i32.const 4000)))`,
  ),
];
