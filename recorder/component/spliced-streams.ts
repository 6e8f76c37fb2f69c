/**
 * `splice` of a component's streams, in this thread, so that what it moves is seen: the shim moves it in a thread of its own,
 * takes more than was asked for, does not count it against a body's length, and knows no stream that is not its own.
 * Changes the shim's class of streams, so this is for a thread that runs one component.
 */
import type { Interfaces } from './provided-interfaces.ts';

interface InputStream {
  read(length: bigint): Uint8Array;
  blockingRead(length: bigint): Uint8Array;
}

interface OutputStream {
  checkWrite(): bigint;
  write(bytes: Uint8Array): void;
  subscribe(): { block(): void; [Symbol.dispose](): void };
  splice(from: InputStream, length: bigint): bigint;
  blockingSplice(from: InputStream, length: bigint): bigint;
}

/**
 * @param imports with the shim's streams, which are changed
 * @param onSpliced told of what went from one stream to another
 */
export function spliceHere(imports: Interfaces, onSpliced: (bytes: Uint8Array) => void): void {
  const { OutputStream } = imports['wasi:io/streams'] as {
    OutputStream: { prototype: OutputStream };
  };
  const { prototype } = OutputStream;
  prototype.splice = function (from, length) {
    return moved(this, () => from.read(atMost(length, this.checkWrite())), onSpliced);
  };
  prototype.blockingSplice = function (from, length) {
    for (let room = this.checkWrite(); ; room = this.checkWrite()) {
      if (room > 0n || length === 0n) {
        return moved(this, () => from.blockingRead(atMost(length, room)), onSpliced);
      }
      const ready = this.subscribe();
      ready.block();
      ready[Symbol.dispose]();
    }
  };
}

function moved(
  to: OutputStream,
  read: () => Uint8Array,
  onSpliced: (bytes: Uint8Array) => void,
): bigint {
  const bytes = read();
  if (bytes.length > 0) {
    to.write(bytes);
    onSpliced(bytes);
  }
  return BigInt(bytes.length);
}

function atMost(length: bigint, room: bigint): bigint {
  if (room <= 0n) return 0n;
  return length < room ? length : room;
}
