/** The line that tells how far work is. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const { stderr } = vi.hoisted(() => {
  const written: string[] = [];
  return {
    stderr: { isTerminal: true, written, write: (text: string) => void written.push(text) },
  };
});
vi.mock('../../cli/streams.ts', () => ({ stderr }));

const { Progress } = await import('../../cli/progress.ts');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  stderr.written.length = 0;
});
afterEach(() => void vi.useRealTimers());

test('is shown once work takes long, rewrites itself, and is taken away', () => {
  const progress = new Progress('replaying');
  progress.update(1, 10);
  expect(stderr.written).toEqual([]);
  vi.advanceTimersByTime(1000);
  progress.update(2, 10);
  progress.clear();
  expect(stderr.written).toEqual(['\r\x1b[Kreplaying: 20 % (2 of 10 events)', '\r\x1b[K']);
});

test('what is told after the end is not shown: it would stand over the prompt', () => {
  const progress = new Progress('replaying');
  vi.advanceTimersByTime(1000);
  progress.end();
  progress.update(3, 10);
  progress.replay(10)(4);
  expect(stderr.written).toEqual([]);
});
