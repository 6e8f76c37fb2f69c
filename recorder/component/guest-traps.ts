/**
 * What a guest of a component trapped with, read from what was thrown. Where its stack ran out, that says how deep
 * it was and what memory was then: a replay ends it there. Knows nothing of the log.
 */
import { isStackOverflow, type StackReading, type Trap, trapFrom } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import { type FramedModule, framesIn, isOfComponent } from './module-frames.ts';

export class GuestTraps {
  private readonly reading: StackReading;
  private readonly memories: () => readonly WebAssembly.Memory[];
  /** What a guest was ended with → the error with which its host had no stack left. */
  private readonly standsFor = new WeakMap<object, Error>();
  /** V8 tells only once how many frames there were; the guests that wait in a host are ended with the same. */
  private known: { readonly thrown: unknown; readonly trap: Trap } | undefined;
  /** Of what the trap has not been read at once: memory may have changed since. */
  private late: unknown;

  /** @param memories of the component now */
  constructor(modules: readonly FramedModule[], memories: () => readonly WebAssembly.Memory[]) {
    this.reading = { frames: (stack) => framesIn(stack, modules), isGuests: isOfComponent };
    this.memories = memories;
  }

  /** The error with which a stack ran out; undefined where none did. */
  overflowOf(thrown: unknown): Error | undefined {
    if (isStackOverflow(thrown)) return thrown as Error;
    return typeof thrown === 'object' && thrown !== null ? this.standsFor.get(thrown) : undefined;
  }

  /** Whether it was the host for which there was no stack left. */
  isOfHost(thrown: unknown): boolean {
    return typeof thrown === 'object' && thrown !== null && this.standsFor.has(thrown);
  }

  /** Ends the guest whose host had no stack left, in a way that it cannot catch: to it both are the same. */
  endFor(overflow: Error): never {
    try {
      return throwUncatchable();
    } catch (end) {
      this.standsFor.set(end as Error, overflow);
      throw end;
    }
  }

  /** @throws RangeError where there is too little stack left for it: ask again further out */
  read(thrown: unknown): Trap {
    const overflow = this.overflowOf(thrown);
    const cause = overflow ?? thrown;
    const { known } = this;
    if (known !== undefined && known.thrown === cause) return known.trap;
    const late = this.late === cause;
    this.late = cause;
    const trap = trapFrom(cause, this.reading);
    const memory =
      overflow === undefined || late ? undefined : hashOfMemories(this.memories())?.xxh64;
    const read = memory === undefined ? trap : { ...trap, memory };
    this.known = { thrown: cause, trap: read };
    return read;
  }
}
