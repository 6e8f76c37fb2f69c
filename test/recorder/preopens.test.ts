/** What is refused of the directories that a guest is to be given, before anything runs, and how. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { HostName } from '../../recorder/hosts/host.ts';
import { checkPreopens } from '../../recorder/preopens.ts';
import type { Preopen } from '../../traces/meta.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('preopens');
afterAll(() => scratch.remove());

const here = (...names: string[]) => join(scratch.path, ...names);
mkdirSync(here('folder'));
writeFileSync(here('file'), '');
symlinkSync('loop', here('loop'));

const refusal = (preopens: readonly Preopen[], host: HostName = 'sandbox') => {
  try {
    return checkPreopens(preopens, host);
  } catch (thrown) {
    return thrown;
  }
};

test('good ones get absolute paths', () => {
  const given = [
    { host: here('folder'), guest: '/' },
    { host: '.', guest: '.', readOnly: true },
  ];
  expect(checkPreopens(given, 'sandbox')).toEqual([given[0], { ...given[1], host: process.cwd() }]);
});

describe.each([
  ['nowhere', 'there is no such directory'],
  ['file', 'it is a file, and only directories can be given'],
  ['file/below', 'a part of its path is a file'],
  ['loop', 'its path goes through a loop of links'],
])('%s', (name, why) => {
  test.each(['sandbox', 'node'] as const)('host %s', (host) => {
    expect(refusal([{ host: here(name), guest: '/' }], host)).toMatchObject({
      code: 'DIRECTORY_NOT_FOUND',
      message: `${here(name)} cannot be given to the guest as /: ${why}.`,
    });
  });
});

// root may read everything
test.skipIf(process.getuid?.() === 0)('one that may not be read', () => {
  mkdirSync(here('secret'), { mode: 0 });
  expect(refusal([{ host: here('secret'), guest: '/' }])).toMatchObject({
    message: expect.stringContaining('you may not read it'),
  });
  rmSync(here('secret'), { recursive: true });
});

test('two of one name', () => {
  const both = [
    { host: here('folder'), guest: '/data' },
    { host: here(), guest: '/data' },
  ];
  expect(refusal(both)).toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringMatching(/^two directories would be \/data to the guest: /),
  });
});

test('a read-only one for a host that cannot', () => {
  const one = [{ host: here('folder'), guest: '/', readOnly: true }];
  expect(refusal(one, 'node')).toMatchObject({ code: 'OPTION_INVALID' });
  expect(refusal(one)).toEqual(one);
});
