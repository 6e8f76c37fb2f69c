/** What chaos does follows from the seed alone, and most runs get little of it. */
import { expect, test } from 'vitest';
import { FAULT_NAMES, FAULTS } from '../../../recorder/chaos/faults.ts';
import { planChaos, seedOfRun } from '../../../recorder/chaos/plan.ts';

test('each fault takes part in its share of the runs, at each of its rates', () => {
  const plans = Array.from({ length: 4000 }, (_, run) =>
    planChaos({ seed: seedOfRun(1, run + 1) }),
  );
  for (const name of FAULT_NAMES) {
    const rates = plans.flatMap(({ faults }) => faults.filter((one) => one.name === name));
    expect(rates.length / plans.length).toBeCloseTo(FAULTS[name].share, 1);
    expect(new Set(rates.map(({ rate }) => rate))).toEqual(new Set(FAULTS[name].rates));
  }
});

test('faults by name are in every run, with the rates that the seed gives them anyway', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { faults } = planChaos({ seed, faults: ['no-space', 'short-read'] });
    expect(faults.map(({ name }) => name)).toEqual(['short-read', 'no-space']);
    for (const one of planChaos({ seed }).faults) {
      const same = faults.find(({ name }) => name === one.name);
      if (same !== undefined) expect(same).toEqual(one);
    }
  }
  const gentle = planChaos({ faults: ['gentle'] }).faults.map(({ name }) => name);
  expect(gentle).not.toContain('no-space');
  expect(gentle).toContain('readdir-order');
  expect(planChaos({ faults: ['all'] }).faults.length).toBe(FAULT_NAMES.length);
});

test('seeds of runs: the first is the one that was given, and none comes twice', () => {
  const seeds = Array.from({ length: 10_000 }, (_, i) => seedOfRun(7, i + 1));
  expect(seeds[0]).toBe(7);
  expect(new Set(seeds).size).toBe(10_000);
});
