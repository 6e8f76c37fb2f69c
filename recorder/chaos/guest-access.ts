/**
 * What faults do with the guest's memory while the host answers: change something for the time of the call,
 * and put it back. The guest stands still meanwhile, so it never sees it; `--paranoid` checks that.
 */
import type { Host, HostFunction } from '../hosts/host.ts';

const FDSTAT_SIZE = 24;
const SUCCESS = 0;

export const FILETYPE = { directory: 3, regularFile: 4, datagramSocket: 5 } as const;

const NONBLOCK = 4;

/** What a descriptor is. */
export interface DescriptorState {
  readonly filetype: number;
  readonly nonblocking: boolean;
}

export class GuestAccess {
  private readonly host: Host;
  private memory: WebAssembly.Memory | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  bind(memory: WebAssembly.Memory): void {
    this.memory = memory;
  }

  /** Of this moment: growth leaves it behind. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory?.buffer ?? new ArrayBuffer(0));
  }

  get view(): DataView {
    return new DataView(this.memory?.buffer ?? new ArrayBuffer(0));
  }

  holds(address: number, length: number): boolean {
    return address + length <= (this.memory?.buffer.byteLength ?? 0);
  }

  /** A function of the host itself, without faults. */
  hostFunction(name: string): HostFunction | undefined {
    return this.host.functions.get(name);
  }

  /**
   * Does something with the first `size` bytes of the memory, which are as before afterwards.
   * @returns undefined where the memory is smaller
   */
  borrow<T>(size: number, work: (view: DataView) => T): T | undefined {
    if (!this.holds(0, size)) return undefined;
    const { bytes } = this;
    const saved = bytes.slice(0, size);
    try {
      return work(this.view);
    } finally {
      bytes.set(saved);
    }
  }

  /** What the host says of a descriptor; undefined for one that is not open. */
  descriptor(fd: number): DescriptorState | undefined {
    const ask = this.hostFunction('fd_fdstat_get');
    return this.borrow(FDSTAT_SIZE, (view) => {
      if (ask?.(fd, 0) !== SUCCESS) return undefined;
      const nonblocking = (view.getUint16(2, true) & NONBLOCK) !== 0;
      return { filetype: view.getUint8(0), nonblocking };
    });
  }
}
