/** Where guests are worth most: the plan, on runs whose costs are known. */
import { describe, expect, test, vi } from 'vitest';
import { CostMap } from '../../../replayer/session/cost-map.ts';
import { bestPlace, candidatePlaces, worths } from '../../../replayer/session/pool-plan.ts';

/** Each event costs a millisecond. */
const even = (current: number, last = 1000) => ({
  current,
  last,
  cost: (from: number, to: number) => to - from,
});

/** Adds guests one by one, as read-ahead does. */
function planned(run: ReturnType<typeof even>, count: number): number[] {
  const positions = [run.current];
  for (let i = 0; i < count; i++) {
    const place = bestPlace(
      run,
      positions,
      candidatePlaces(run, (ms) => Math.round(ms)),
    );
    if (place === undefined) break;
    positions.push(place.position);
    positions.sort((left, right) => left - right);
  }
  return positions;
}

describe('the plan', () => {
  test('leaves no step back and no jump far from a guest', () => {
    const positions = planned(even(800), 16);
    const nearest = (target: number) =>
      target - (positions.findLast((position) => position <= target) ?? -2);
    for (const distance of [1, 2, 4, 8, 16]) {
      expect(nearest(800 - distance)).toBeLessThanOrEqual(distance * 4);
    }
    for (let target = 0; target <= 1000; target += 50) expect(nearest(target)).toBeLessThan(300);
  });

  test('puts none where one stands, and none that saves nothing', () => {
    const run = even(10, 10);
    expect(bestPlace(run, [4], [4])).toBeUndefined();
    expect(bestPlace({ ...run, cost: () => 0 }, [], [1, 2, 3])).toBeUndefined();
  });

  test('misses least the guest right behind another', () => {
    const [, close, far] = worths(even(1000), [100, 101, 600]);
    expect(close).toBeLessThan(far ?? 0);
  });
});

test('the costs that were measured add up, and lead back to positions', () => {
  let clock = 1000;
  const time = vi.spyOn(performance, 'now').mockImplementation(() => clock);
  try {
    const costs = new CostMap(10);
    costs.begin(-1);
    for (let event = 0; event < 10; event++) {
      clock += event === 5 ? 20 : 1;
      costs.reach(event);
    }
    expect(costs.between(-1, 9)).toBe(29);
    expect(costs.between(4, 5)).toBe(20);
    expect(costs.between(5, 4)).toBe(0);
    expect(costs.between(0, 4) + costs.between(4, 9)).toBe(costs.between(0, 9));
    expect(costs.positionAt(costs.between(-1, 9) / 2)).toBe(4);
  } finally {
    time.mockRestore();
  }
});
