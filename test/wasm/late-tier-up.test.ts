/** What late-tier-up.ts knows of V8. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { withLateTierUp } from '../../wasm/late-tier-up.ts';

test('V8 has the flag, and the value to which it is set back', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(options).toMatch(
    /--wasm-tiering-budget \(.*\)\n.*default: --wasm-tiering-budget=13000000\n/,
  );
});

test('what compiles gives what it gives', () => {
  expect(withLateTierUp(1, () => 5)).toBe(5);
  const fails = () => {
    throw new TypeError('not a module');
  };
  expect(() => withLateTierUp(20 << 20, fails)).toThrow('not a module');
});
