/**
 * What the host of a component changes: bytes of its memories and globals of its own. Finds them out for
 * the log before the guest goes on. Hot path.
 */
import type { CoreValue, LoggedType } from '../../traces/events.ts';
import { type MemoryHasher, memoryHasher } from '../../wasm/xxh64.ts';
import { ParanoidWatch } from '../paranoid.ts';
import type { ComponentLog } from './component-log.ts';
import { WriteTracker } from './write-tracker.ts';

interface HostGlobal {
  readonly global: WebAssembly.Global;
  readonly type: LoggedType;
  last: CoreValue;
}

export class HostChanges {
  readonly tracker = new WriteTracker();
  private readonly memoryList: WebAssembly.Memory[] = [];
  private readonly hashers: MemoryHasher[] = [];
  private readonly watches: ParanoidWatch[] = [];
  private readonly globals: HostGlobal[] = [];
  private readonly paranoid: boolean;
  /** The guest may have run since {@link begin}. */
  private ran = false;

  constructor(paranoid: boolean) {
    this.paranoid = paranoid;
  }

  /** All memories that the host can see, in the order in which instances exported them. */
  get memories(): readonly WebAssembly.Memory[] {
    return this.memoryList;
  }

  /** Size of all memories, in 64 KiB. */
  pages(): number {
    let bytes = 0;
    for (const memory of this.memoryList) bytes += memory.buffer.byteLength;
    return bytes / 65536;
  }

  addMemory(memory: WebAssembly.Memory): void {
    if (this.memoryList.includes(memory)) return;
    this.memoryList.push(memory);
    this.hashers.push(memoryHasher(memory));
    if (this.paranoid) this.watches.push(new ParanoidWatch());
  }

  /** @returns the memory of a number, and what hashes it */
  memory(
    number: number,
  ): { readonly memory: WebAssembly.Memory; readonly hash: MemoryHasher } | undefined {
    const [memory, hash] = [this.memoryList[number], this.hashers[number]];
    return memory && hash && { memory, hash };
  }

  /** @returns the number of a global that the host owns */
  addGlobal(global: WebAssembly.Global, type: LoggedType): number {
    const known = this.globals.findIndex((one) => one.global === global);
    if (known >= 0) return known;
    return this.globals.push({ global, type, last: global.value as CoreValue }) - 1;
  }

  /** The guest has stopped and its host goes on: what changes from here on, the host changes. */
  begin(): void {
    this.ran = false;
    for (const one of this.globals) one.last = one.global.value as CoreValue;
    for (const [i, watch] of this.watches.entries()) watch.before(this.bytes(i));
  }

  /**
   * A suspended guest goes on as soon as its host lets it, and nothing tells when that is: what it writes
   * until it stops again is no host's.
   */
  resumes(): void {
    this.ran = true;
  }

  /**
   * Logs what the host changed.
   * @returns what was written to memory that nothing told of; undefined where all is well
   */
  log(log: ComponentLog): string | undefined {
    const { memoryList, watches } = this;
    const written: [number, number][][] = watches.map(() => []);
    this.tracker.take((buffer, offset, length) => {
      const memory = memoryList.findIndex((one) => one.buffer === buffer);
      if (memory < 0) return;
      log.writeChange(memory, new Uint8Array(buffer), offset, offset + length);
      written[memory]?.push([offset, length]);
    });
    for (const [i, one] of this.globals.entries()) {
      const value = one.global.value as CoreValue;
      if (!Object.is(value, one.last)) log.globalChange(i, one.type, value);
    }
    for (const [i, watch] of watches.entries()) {
      if (this.ran) {
        watch.before(this.bytes(i));
        continue;
      }
      const untracked = watch.after(this.bytes(i), written[i] ?? []);
      if (untracked !== undefined) {
        return `the host wrote to memory ${i} of the component where the log says nothing: ${untracked}`;
      }
    }
    return undefined;
  }

  /** Whether the host has written to a memory what no event has told: none can be trusted after the last one. */
  hasUntold(): boolean {
    let untold = false;
    this.tracker.take((buffer) => {
      untold ||= this.memoryList.some((one) => one.buffer === buffer);
    });
    return untold;
  }

  private bytes(memory: number): Uint8Array {
    return new Uint8Array((this.memoryList[memory] as WebAssembly.Memory).buffer);
  }
}
