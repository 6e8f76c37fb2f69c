/** Functions that the code between two components passes to the runtime, as numbers and back. */
import { expect, test } from 'vitest';
import { PassedFunctions } from '../../recorder/component/passed-functions.ts';
import type { LoggedFunction } from '../../traces/events.ts';

const PREPARE: LoggedFunction = {
  id: 7,
  direction: 'import',
  module: '',
  name: '[prepare-call]',
  params: ['funcref', 'i32', 'funcref'],
  results: [],
};

test.each<[string, 'known' | 'unknown' | null, readonly unknown[] | 'refused']>([
  ['one that an instance exports is the entry of it', 'known', ['entered', 5, null]],
  ['none is none', null, [null, 5, null]],
  ['one that no instance exports ends the guest, before the runtime gets it', 'unknown', 'refused'],
])('%s', (_what, which, expected) => {
  const passed = new PassedFunctions();
  const real = () => 0;
  const entry = () => 1;
  passed.know({ ...PREPARE, id: 3, direction: 'export' }, real, entry);
  let got: readonly unknown[] | 'refused' | undefined;
  const refuse = (): never => {
    got = 'refused';
    throw new Error('the guest is ended');
  };
  const host = passed.given(
    PREPARE,
    (...args: unknown[]) => {
      got = args.map((arg) => (arg === entry ? 'entered' : arg));
    },
    refuse,
  );
  const logged: unknown[][] = [];
  const call = passed.taken(PREPARE, (...args) => {
    logged.push(args);
    return host(...args);
  }) as (...args: unknown[]) => unknown;
  const given = which === 'known' ? real : which === 'unknown' ? () => 2 : null;
  if (expected === 'refused') expect(() => call(given, 5, null)).toThrow('the guest is ended');
  else call(given, 5, null);
  expect(got).toEqual(expected);
  // the log has numbers only
  expect(logged).toEqual([[which === 'known' ? 3 : which === null ? -1 : -2, 5, -1]]);
});
