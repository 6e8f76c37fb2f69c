/**
 * Functions of the guest that it passes to its runtime: a component that calls another says so which functions
 * take its values over and which one is called. In the log they are numbers: those of exports in the dictionary.
 */
import { type CoreValue, type LoggedFunction, NO_FUNCTION } from '../../traces/events.ts';
import type { CoreFunction } from './core-boundary.ts';

/** What stands for a function that no instance exports, until the guest is told that it cannot be. */
const UNKNOWN = -2;

export class PassedFunctions {
  private readonly numbers = new Map<unknown, number>();
  private readonly entries = new Map<number, CoreFunction>();

  /** @param entry what the runtime is to call in place of `real` */
  know({ id }: LoggedFunction, real: CoreFunction, entry: CoreFunction): void {
    if (this.numbers.has(real)) return;
    this.numbers.set(real, id);
    this.entries.set(id, entry);
  }

  /** What the guest calls. @param call takes numbers in place of functions */
  taken({ params }: LoggedFunction, call: CoreFunction): CoreFunction {
    if (!params.includes('funcref')) return call;
    return (...args) =>
      call(...args.map((arg, i) => (params[i] === 'funcref' ? this.numberOf(arg) : arg)));
  }

  /** What the runtime gets. @param unknown for a function that no instance exports */
  given({ params }: LoggedFunction, host: CoreFunction, unknown: () => never): CoreFunction {
    if (!params.includes('funcref')) return host;
    const entryOf = (number: CoreValue) =>
      number === NO_FUNCTION ? null : (this.entries.get(Number(number)) ?? unknown());
    return (...args: readonly CoreValue[]) =>
      (host as (...args: unknown[]) => unknown)(
        ...args.map((arg, i) => (params[i] === 'funcref' ? entryOf(arg) : arg)),
      );
  }

  private numberOf(value: unknown): number {
    return value === null ? NO_FUNCTION : (this.numbers.get(value) ?? UNKNOWN);
  }
}
