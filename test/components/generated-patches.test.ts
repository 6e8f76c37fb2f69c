/** What is changed in jco's generated programs: that it is still there to be changed, and what stands in its place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect, test } from 'vitest';
import { GIVEN, PATCHES, patched } from '../../recorder/component/generated-patches.ts';

test('each patch finds its place in a program with streams and futures', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/http-server-0.3.wat'), 'utf8');
  const { files } = await transpileBytes(await parse(text), {
    name: 'component',
    instantiation: 'sync',
    asyncMode: 'jspi',
    emitTypescriptDeclarations: false,
  });
  const program = Buffer.from(files['component.js'] as Uint8Array).toString();
  for (const { find, replace } of PATCHES) {
    expect(program).toContain(find);
    expect(patched(program)).toContain(replace);
  }
}, 60_000);

test('what nobody has any more is not looked for by its number again', () => {
  const table = GIVEN.weakTable();
  const [one, other] = [{}, {}];
  expect(table.insert(one)).toBe(1);
  expect(table.insert(other)).toBe(2);
  expect(table.get(1)).toBe(one);
  expect(table.get(3)).toBeUndefined();
});

interface Made {
  readonly dropped?: boolean;
  readonly filledByHost?: boolean;
  readonly asked?: boolean;
  readonly takenByHost?: boolean;
}

/** Both ends of a future. */
function pair(readable: Made, writable: Made = {}) {
  const ends = [readable, writable].map(({ dropped = false, ...rest }) => ({
    ...rest,
    isDropped: () => dropped,
  }));
  const entry = { readEnd: () => read, writeEnd: () => write };
  const [read, write] = ends.map((end) => Object.assign(end, { entry })) as [
    Parameters<typeof GIVEN.hostsEnd>[0],
    Parameters<typeof GIVEN.hostsEnd>[0],
  ];
  return { read, write };
}

test("the host's end goes with the guest's, unless the host still writes to it", () => {
  const unasked = pair({ filledByHost: true });
  expect(GIVEN.hostsEnd(unasked.read)).toBe(unasked.write);
  const written = pair({ filledByHost: true, asked: true }, { dropped: true });
  expect(GIVEN.hostsEnd(written.read)).toBe(written.write);
  expect(GIVEN.hostsEnd(pair({ filledByHost: true, asked: true }).read)).toBeUndefined();
  const given = pair({ takenByHost: true });
  expect(GIVEN.hostsEnd(given.write)).toBe(given.read);
  // both are the guest's
  const own = pair({});
  expect([GIVEN.hostsEnd(own.read), GIVEN.hostsEnd(own.write)]).toEqual([undefined, undefined]);
});
