import { expect, test } from 'vitest';
import { joinPath } from '../../wasi/display-path.ts';

test.each([
  ['/', 'users.csv', '/users.csv'],
  ['/', '.', '/'],
  ['/', '../..', '/'],
  ['/data', 'a/b', '/data/a/b'],
  ['/data', 'a/../b', '/data/b'],
  ['/data', './a//b/', '/data/a/b'],
  ['/data/', 'a', '/data/a'],
  ['/data', '...', '/data/...'],
  ['/data', '.hidden/..x', '/data/.hidden/..x'],
  ['.', 'users.csv', 'users.csv'],
  ['.', '..', '..'],
  ['..', '../x', '../../x'],
  ['a', '..', '.'],
  ['a', '../..', '..'],
  ['/data', '/etc/passwd', '/etc/passwd'],
  ['', 'a', 'a'],
  [undefined, 'users.csv', 'users.csv'],
  [undefined, './users.csv', 'users.csv'],
  [undefined, '', '.'],
])('%j and %j join to %j', (directory, path, joined) => {
  expect(joinPath(directory, path)).toBe(joined);
});

test('does not grow without end', () => {
  let path = '/';
  for (let depth = 0; depth < 100; depth++) path = joinPath(path, 'x'.repeat(1000));
  expect(path).toHaveLength(4096);
  expect(path.at(-1)).toBe('…');
});
