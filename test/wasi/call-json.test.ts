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

/** What the index should hold: the decoded fields without their payload. */
function indexed(fields: readonly DecodedField[]): object {
  const kept = fields.filter(({ type }) => !PAYLOAD.has(type));
  return Object.fromEntries(kept.map(({ name, value }) => [name, value]));
}

function expectIndexed(call: RecordedCall): void {
  const decoded = decodeCall(call);
  expect(argsJson(call)).toBe(JSON.stringify(indexed(decoded.args)));
  expect(resultJson(call)).toBe(JSON.stringify(indexed(decoded.result)));
}

test('the calls index reads like this', async () => {
  // rights fill lines without adding anything here
  const all = JSON.stringify(FLAGS.rights);
  const lines = TYPICAL_CALLS.map(({ call, about }) => {
    const row = `${call.name} ${argsJson(call)} -> ${resultJson(call)}`;
    return `# ${about}\n${escapeText(row.replaceAll(all.slice(1, -1), 'ALL'))}`;
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
