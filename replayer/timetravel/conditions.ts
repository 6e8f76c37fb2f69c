/** Refuses conditions of points that cannot be meant, before a run is replayed for them. */
import { WasiRrError } from '../../errors.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { baseType } from '../values/expressions/base-types.ts';
import type { Look } from '../values/look.ts';
import { computed } from '../values/value.ts';
import type { ConditionOf } from './messages.ts';
import type { StoppedGuest } from './state-at.ts';

/** Names that have a value only in a guest that runs. */
const OF_WASM = /\b(local|global)\d+\b/;

/**
 * Evaluates it in a guest of which nothing is known: names and types must be right.
 * @throws WasiRrError OPTION_INVALID
 */
export function checkCondition(
  look: Look,
  of: ConditionOf,
  condition: string,
  functionAt: (pc: number) => number,
): void {
  if (OF_WASM.test(condition)) return;
  const pcs = of.kind === 'break' ? of.pcs : [];
  for (const pc of pcs.length > 0 ? pcs : [undefined]) {
    const frames =
      pc === undefined ? [] : [{ func: functionAt(pc), pc, locals: [], types: new Uint8Array(0) }];
    const guest: StoppedGuest = { frames, memory: new Uint8Array(0), global: () => undefined };
    try {
      look.isTrue(guest, condition, of.kind === 'watch' ? watchNames(of.length) : undefined);
    } catch (thrown) {
      if (thrown instanceof Unreadable || thrown instanceof RangeError) continue;
      if (!(thrown instanceof WasiRrError)) throw thrown;
      // a call may be made anywhere: what it can name is not known before
      if (of.kind === 'call' && /^there is no value/.test(thrown.message)) continue;
      throw thrown;
    }
  }
}

function watchNames(length: number) {
  const size = length === 1 || length === 2 || length === 8 ? length : 4;
  const value = computed(baseType(`i${8 * size}`), new Uint8Array(size));
  return new Map([
    ['$value', value],
    ['$old', value],
  ]);
}
