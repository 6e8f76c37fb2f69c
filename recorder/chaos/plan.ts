/** What chaos will do in one run: follows from the seed alone, and is written into the trace. */
import { WasiRrError } from '../../errors.ts';
import { Dice, mix, SEED_LIMIT } from './dice.ts';
import { FAULT_NAMES, FAULTS, type FaultName, isFaultName } from './faults.ts';

export interface ChaosOptions {
  /** Whole, below 2^32; random by default. */
  readonly seed?: number;
  /**
   * Only these, in every run: names of faults, `gentle` for those in spite of which a correct program must
   * come to the same result, `all`. By default each run gets some of all.
   */
  readonly faults?: readonly string[];
}

export interface ChaosPlan {
  readonly seed: number;
  /** What takes part in this run, and the chance of a call. */
  readonly faults: readonly { readonly name: FaultName; readonly rate: number }[];
}

/** Dice of this number decide what takes part; those of the faults come after it. */
const PLAN_STREAM = 0;

/** @throws WasiRrError OPTION_INVALID */
export function planChaos({ seed = randomSeed(), faults }: ChaosOptions): ChaosPlan {
  if (!(Number.isSafeInteger(seed) && seed >= 0 && seed < SEED_LIMIT)) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `a seed of chaos is a whole number from 0 to ${SEED_LIMIT - 1}, not ${seed}.`,
    );
  }
  const named = faults && faultsNamed(faults);
  const dice = new Dice(seed, PLAN_STREAM);
  const drawn = FAULT_NAMES.map((name) => {
    const { share, rates } = FAULTS[name];
    // both are drawn for every fault, so that what one gets does not depend on which others are asked for
    const takesPart = dice.chance(share);
    const rate = rates[dice.below(rates.length)] ?? 0;
    return { name, rate, takesPart: named === undefined ? takesPart : named.has(name) };
  });
  return {
    seed,
    faults: drawn.filter(({ takesPart }) => takesPart).map(({ name, rate }) => ({ name, rate })),
  };
}

export function randomSeed(): number {
  // loaded for those alone who ask for faults: it takes 6 ms
  return process.getBuiltinModule('node:crypto').randomInt(SEED_LIMIT);
}

/** The seed of run `run` (from 1) of many; the first has the seed itself. */
export function seedOfRun(seed: number, run: number): number {
  return run === 1 ? seed : mix(seed, run);
}

/** The dice of a fault, the same in every run with this plan. */
export function diceOf({ seed }: ChaosPlan, name: FaultName): Dice {
  return new Dice(seed, PLAN_STREAM + 1 + FAULT_NAMES.indexOf(name));
}

function faultsNamed(names: readonly string[]): ReadonlySet<FaultName> {
  const chosen = names.flatMap((name) => {
    if (isFaultName(name)) return [name];
    if (name === 'all') return FAULT_NAMES;
    if (name === 'gentle') return FAULT_NAMES.filter((one) => FAULTS[one].gentle);
    throw new WasiRrError(
      'OPTION_INVALID',
      `there is no fault "${name}". Faults: ${FAULT_NAMES.join(', ')}; or gentle, or all.`,
    );
  });
  return new Set(chosen);
}
