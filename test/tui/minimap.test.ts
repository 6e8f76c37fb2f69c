/** The run in one column: slow parts, errors, and where one is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { type Slice, Timeline } from '../../traces/timeline.ts';
import { FAILED } from '../../tui/model/filter-text.ts';
import { minimap } from '../../tui/panes/minimap.ts';
import { type Recorded, recordExample } from './traces.ts';

const slice = (spanNs: number, marked = 0): Slice => ({ calls: 10, marked, spanNs });

const drawn = (slices: readonly Slice[], height: number, selected = 0) =>
  minimap(slices, { total: 1000, first: 0, last: 0, selected }, height)
    .map(({ text }) => text)
    .join('');

describe('the minimap', () => {
  it('tells slow parts from fast ones, by what is the average', () => {
    const slices = [slice(10), slice(100), slice(100), slice(300), slice(1), slice(5000)];
    expect(drawn([...slices, ...Array.from({ length: 14 }, () => slice(100))], 20, 999)).toMatch(
      /^···░·▓/,
    );
  });

  it('is even where the run is, however slices and cells go into each other', () => {
    const even = Array.from({ length: 240 }, () => slice(100));
    expect(drawn(even, 36)).toBe(`◂${'░'.repeat(35)}`);
  });

  it('marks what stands out where errors are all over the run', () => {
    const slices = Array.from({ length: 20 }, (_, i) => slice(1, i === 7 ? 9 : 1));
    expect(drawn(slices, 20)).toBe(`◂${'░'.repeat(6)}✗${'░'.repeat(12)}`);
  });

  it('marks errors, and parts without calls', () => {
    const slices = [slice(1), slice(1, 2), { calls: 0, marked: 0, spanNs: 0 }, slice(1)];
    expect(drawn(slices, 4)).toMatch(/^◂✗ [░▒]$/);
  });
});

describe('an overview', () => {
  let many: Recorded;
  beforeAll(async () => {
    many = await recordExample('many');
  });
  afterAll(() => many[Symbol.dispose]());

  it.each([10, 240, 100_000])(
    'of %i slices has all calls and all the time between them',
    (count) => {
      const reader = new TraceReader(many.trace);
      const timeline = new Timeline(many.trace);
      const { eventCount } = reader;
      const calls = timeline.rows(0, eventCount);
      const slices = timeline.overview(eventCount, count, FAILED);
      expect(slices.length).toBeLessThanOrEqual(count);
      const sum = (of: (one: Slice) => number) => slices.reduce((all, one) => all + of(one), 0);
      expect(sum((one) => one.calls)).toBe(calls.length);
      const [first, last] = [calls[0], calls.at(-1)];
      expect(sum((one) => one.spanNs)).toBe((last?.startNs ?? 0) - (first?.startNs ?? 0));
      expect(Math.min(...slices.map((one) => one.spanNs))).toBeGreaterThanOrEqual(0);
      timeline.close();
      reader.close();
    },
  );
});
