import { expect, test } from 'vitest';
import { callBytes, callFd, callPath } from '../../wasi/call-columns.ts';
import { argsJson, resultJson } from '../../wasi/call-json.ts';
import { type DecodedValue, decodeCall } from '../../wasi/decode.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { formatCall, formatResult } from '../../wasi/format.ts';
import { outputOf } from '../../wasi/output.ts';
import { PREVIEW1 } from '../../wasi/preview1.ts';
import { harmfulIn } from './harmful.ts';
import { hostileCall } from './hostile-calls.ts';
import { randomFrom } from './random.ts';
import { SAMPLE_CALLS } from './sample-calls.ts';

/** How many values a decoded value is made of. */
function sizeOf(value: DecodedValue): number {
  if (value === null || typeof value !== 'object') return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + sizeOf(part), 1);
}

test.each([11, 12])('a hostile trace (seed %i) breaks nothing', (seed) => {
  const random = randomFrom(seed);
  const table = new DescriptorTable();
  const seen = new Set<string>();
  for (let number = 0; number < 10_000; number++) {
    const call = hostileCall(random);
    seen.add(call.name);

    const decoded = decodeCall(call);
    expect(JSON.parse(JSON.stringify(decoded.args))).toEqual(decoded.args);
    expect(JSON.parse(JSON.stringify(decoded.result))).toEqual(decoded.result);
    const values = [...decoded.args, ...decoded.result].map(({ value }) => value);
    expect(sizeOf(values)).toBeLessThan(500);

    expect(typeof JSON.parse(argsJson(call))).toBe('object');
    expect(typeof JSON.parse(resultJson(call))).toBe('object');

    for (const verbose of [false, true]) {
      const line = formatCall(call, { table, verbose }) + formatResult(call, { table, verbose });
      expect(harmfulIn(line)).toEqual([]);
    }

    const fd = callFd(call);
    if (fd !== undefined) expect(fd).toBe(fd | 0);
    const moved = callBytes(call);
    if (moved !== undefined) expect(moved).toBe(moved >>> 0);
    const path = callPath(call, table);
    if (path !== undefined) expect(path.length).toBeLessThanOrEqual(4096);
    const output = outputOf(call, table);
    if (output !== undefined) expect(output.bytes.length).toBeLessThanOrEqual(call.reads.length);

    const before = table.entries().length;
    table.apply(call, number);
    expect(table.entries().length).toBeLessThanOrEqual(before + 2);
  }
  for (const name of PREVIEW1.keys()) expect(seen).toContain(name);
});

test('every sample call, cut anywhere, breaks nothing', () => {
  const table = new DescriptorTable();
  for (const { call } of SAMPLE_CALLS) {
    const longest = Math.max(call.reads.length, ...call.effects.map(({ bytes }) => bytes.length));
    for (let length = 0; length <= longest; length++) {
      const cut = {
        ...call,
        reads: call.reads.subarray(0, length),
        effects: call.effects.map(({ param, bytes }) => ({
          param,
          bytes: bytes.subarray(0, length),
        })),
      };
      const decoded = decodeCall(cut);
      expect(decoded.args).toHaveLength(decodeCall(call).args.length);
      JSON.parse(argsJson(cut));
      JSON.parse(resultJson(cut));
      expect(harmfulIn(formatCall(cut) + formatResult(cut))).toEqual([]);
      outputOf(cut, table);
    }
    for (let count = 0; count <= call.args.length; count++) {
      const fewer = { ...call, args: call.args.slice(0, count) };
      expect(decodeCall(fewer).args).toHaveLength(decodeCall(call).args.length);
      expect(harmfulIn(formatCall(fewer))).toEqual([]);
    }
  }
});

test('a million buffers, strings or entries cost no more than they may', () => {
  const huge = new Uint8Array(8_000_000);
  const call = { args: [3, 64, -1, 0n, 32], result: 0, reads: huge, readLength: 8_000_000 };
  for (const name of PREVIEW1.keys()) {
    const effects = [0, 1, 2, 3, 4, 5, 8].map((param) => ({ param, bytes: huge }));
    const hostile = { ...call, name, effects };
    expect(JSON.stringify(decodeCall(hostile)).length).toBeLessThan(300_000);
    expect(argsJson(hostile).length).toBeLessThan(300_000);
    expect(resultJson(hostile).length).toBeLessThan(300_000);
    expect(formatCall(hostile, { verbose: true }).length).toBeLessThan(300_000);
  }
});
