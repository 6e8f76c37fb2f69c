import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { argsJson, resultJson } from '../../wasi/call-json.ts';
import { type DecodedField, decodeCall } from '../../wasi/decode.ts';
import { escapeText } from '../../wasi/escape.ts';
import { FLAGS } from '../../wasi/names.ts';
import { iovecs, text, u32, u64, zeros } from './bytes.ts';
import { hostileCall } from './hostile-calls.ts';
import { randomFrom } from './random.ts';
import { SAMPLE_CALLS, TYPICAL_CALLS } from './sample-calls.ts';

const PAYLOAD = new Set(['bytes', 'dirents']);

/** What the index should hold: the decoded fields without their payload, rights as a number. */
function indexed(fields: readonly DecodedField[]): string {
  const kept = fields.filter(({ type }) => !PAYLOAD.has(type));
  const values = Object.fromEntries(kept.map(({ name, value }) => [name, value]));
  return JSON.stringify(values, (key, value) =>
    key.startsWith('fs_rights_') && value !== null ? `0x${sum(value).toString(16)}` : value,
  );
}

function sum(rights: readonly string[]): bigint {
  const bitOf = (name: string) => {
    const bit = (FLAGS.rights as readonly string[]).indexOf(name);
    return bit < 0 ? BigInt(name) : 2n ** BigInt(bit);
  };
  return rights.map(bitOf).reduce((left, right) => left + right, 0n);
}

function expectIndexed(call: RecordedCall): void {
  const decoded = decodeCall(call);
  expect(argsJson(call)).toBe(indexed(decoded.args));
  expect(resultJson(call)).toBe(indexed(decoded.result));
}

test('the calls index reads like this', async () => {
  const lines = TYPICAL_CALLS.map(({ call, about }) => {
    const row = `${call.name} ${argsJson(call)} -> ${resultJson(call)}`;
    return `# ${about}\n${escapeText(row)}`;
  });
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/calls-index.txt');
});

describe('it says what decoding says', () => {
  test('of every sample call', () => {
    for (const { call } of SAMPLE_CALLS) expectIndexed(call);
  });

  test('of hostile calls', () => {
    const random = randomFrom(3);
    for (let round = 0; round < 20_000; round++) expectIndexed(hostileCall(random));
  });

  test('of ever new flags and enumerations, more than are remembered', () => {
    for (let value = 0; value < 1000; value++) {
      const call = { name: 'fd_fdstat_set_flags', args: [3, value], result: 0 };
      expectIndexed({ ...call, reads: zeros(0), readLength: 0, effects: [] });
    }
  });
});

test('an answer of 64 bits stays exact', () => {
  for (const time of [0n, 1n, (1n << 53n) - 1n, 1n << 53n, (1n << 64n) - 1n]) {
    const effects = [{ param: 2, bytes: u64(time) }];
    const call = { name: 'clock_time_get', args: [0, 0n, 64], result: 0, effects };
    const json = resultJson({ ...call, reads: zeros(0), readLength: 0 });
    const quote = time < 1n << 53n ? '' : '"';
    expect(json).toBe(`{"time":${quote}${time}${quote}}`);
  }
});

test('rights are the number that was passed, whatever bits it has', () => {
  for (const rights of [0n, 0x42n, (1n << 29n) - 1n, (1n << 64n) - 1n]) {
    const call = { name: 'fd_fdstat_set_rights', args: [3, rights, 0n], result: 0, effects: [] };
    const json = argsJson({ ...call, reads: zeros(0), readLength: 0 });
    const base = `0x${rights.toString(16)}`;
    expect(JSON.parse(json)).toEqual({ fd: 3, fs_rights_base: base, fs_rights_inheriting: '0x0' });
  }
});

test('a path cannot break out of its string', () => {
  const path = text('","fd":9,"x":"\n\u2028');
  const call = { name: 'path_unlink_file', args: [3, 64, path.length], result: 0, effects: [] };
  const json = argsJson({ ...call, reads: path, readLength: path.length });
  expect(JSON.parse(json)).toEqual({ fd: 3, path: '","fd":9,"x":"\n\u2028' });
});

test('buffers of no length at all are an empty list', () => {
  const call = { name: 'fd_read', args: [3, 0, 0, 0], result: 0, reads: zeros(0), readLength: 0 };
  const effects = [{ param: 3, bytes: u32(0) }];
  expect(argsJson({ ...call, effects })).toBe('{"fd":3,"iovs":[]}');
  expect(argsJson({ ...call, effects, args: [3, 0, 2, 0] })).toBe('{"fd":3,"iovs":[null]}');
  const reads = iovecs(1, 2);
  expect(argsJson({ ...call, effects, args: [3, 0, 2, 0], reads })).toBe('{"fd":3,"iovs":[1,2]}');
});
