/** What passes between a component and its host, as values: for who makes something of it, and not words. */
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import type { Task } from './described-call.ts';

/** What one call says. */
export interface Said {
  /** Number of its event. */
  readonly event: number;
  /** Whose handles are passed: which of the components within called. */
  readonly component: number;
  readonly args: readonly WitValue[];
  readonly result: WitValue | undefined;
}

/** Ends of streams and futures go by the component that holds them and their number there. */
export interface PassageWatch {
  /** A function has returned. */
  called(func: WitFunction, said: Said): void;
  /** `stream.new`, `future.new`. */
  made(component: number, readable: number, writable: number): void;
  /** A write has begun. Its bytes may be the guest's memory, which goes on to change. */
  writes(component: number, writable: number, data: WitValue): void;
  /** How many values of it were taken. */
  wrote(component: number, writable: number, count: number): void;
  dropped(component: number, handle: number): void;
  /** A task of a component gave its result, with the call of this number. */
  returned(task: Task, component: number, value: WitValue | undefined, event: number): void;
  /** One component gave another a resource: what had the number `given` in one has `got` in another. */
  moved(given: number, got: number): void;
}
