/** What functions of the component runtime read of memory when they are called. */
import { type CoreNumber, unsigned } from '../../wasm/component/flat-values.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import type { Lifter } from '../../wasm/component/lifter.ts';
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import type { BuiltinLink } from './core-meanings.ts';

export type ReadValue = (args: readonly CoreNumber[], memory: LiftMemory) => WitValue | undefined;

/** @returns what reads the value that is passed; undefined for a function that takes none */
export function builtinReads(
  { name, type, encoding }: BuiltinLink,
  lifter: Lifter,
): ReadValue | undefined {
  switch (name) {
    case 'stream.write':
      if (type === null) return undefined;
      return ([, at, count], memory) =>
        lifter.sequence(type, unsigned(at), unsigned(count), memory, encoding);
    case 'future.write':
      if (type === null) return undefined;
      return ([, at], memory) => lifter.stored(type, unsigned(at), memory, encoding);
    case 'task.return':
    case 'error-context.new': {
      // passed as the one parameter of a function is
      const of = name === 'task.return' ? type : 'string';
      if (of === null) return undefined;
      const params = [{ name: '', type: of }];
      const func: WitFunction = { interface: '', name, params, result: null };
      return (args, memory) => lifter.params(func, args, memory, { encoding })[0];
    }
    default:
      return undefined;
  }
}
