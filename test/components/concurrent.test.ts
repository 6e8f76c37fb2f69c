/** Commands of WASI 0.3 that do several things at once: whatever order these ended in, a replay has it again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('concurrent');
afterAll(() => scratch.remove());

/** Which waits ended, in order. */
function orderOf(path: string): string {
  const trace = new TraceReader(path);
  try {
    return [...trace.events()]
      .flatMap((event) =>
        event.kind === 'enter' && event.func.name === 'callback' ? [event.args[1]] : [],
      )
      .join();
  } finally {
    trace.close();
  }
}

test('ten runs, whose tasks end in another order each time', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/race.wat'), 'utf8');
  const module = await parse(text);
  const orders = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const run = await scratch.record({ module, paranoid: i < 2 });
    expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
    expect((await replay({ trace: run.trace })).status).toBe('identical');
    orders.add(orderOf(run.trace));
  }
  // two of them may be the same by chance
  expect(orders.size).toBeGreaterThan(1);
});
