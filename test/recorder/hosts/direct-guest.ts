/**
 * A guest without a program: calls the sandbox's functions straight, on a memory of its own. Every call
 * that fails is checked to have written nothing.
 */
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host } from '../../../recorder/hosts/host.ts';
import { RIGHT } from '../../../recorder/hosts/sandbox/rights.ts';
import { sandboxHost } from '../../../recorder/hosts/sandbox/sandbox.ts';
import type { GuestNetwork } from '../../../recorder/network/messages.ts';
import type { FixedClock, SeededRandom } from '../../../traces/meta.ts';
import { errnoName } from '../../../wasi/names.ts';
import { PREVIEW1 } from '../../../wasi/preview1.ts';
import { SCALARS } from '../../../wasi/scalars.ts';
import {
  STRUCTURES,
  type StructureType,
  structureAt,
  structureFields,
} from '../../../wasi/structures.ts';

export const OFLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;
export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, sync: 16 } as const;
export const FOLLOW = 1;
export const { fd_read: READ, fd_write: WRITE } = RIGHT;
export const FILE = READ | WRITE | RIGHT.fd_seek | RIGHT.fd_tell | RIGHT.fd_filestat_get;

/** The descriptor of the directory that the guest is given. */
export const ROOT = 3;

const OUT = 64;
const DATA = 4096;

interface OpenOptions {
  readonly at?: number;
  readonly lookup?: number;
  readonly oflags?: number;
  readonly rights?: number;
  readonly inheriting?: number;
  readonly fdflags?: number;
}

interface Given {
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /** Instead of `root`. */
  readonly preopen?: string;
  readonly readOnly?: boolean;
  readonly clock?: FixedClock;
  readonly random?: SeededRandom;
  /** Listening sockets, before the directory. */
  readonly network?: GuestNetwork;
  /** Puts something around the sandbox. */
  readonly around?: (host: Host) => Host;
}

export class DirectGuest {
  /** Holds `root`, which the guest is given, and whatever a test puts beside it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'wasi-rr-sandbox-'));
  readonly root = join(this.folder, 'root');
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  private readonly host: Host;
  private next = DATA;

  constructor(given: Given = {}) {
    mkdirSync(this.root);
    const { around = (host) => host } = given;
    const sandbox = sandboxHost({
      args: [],
      env: [],
      preopens: [
        { guest: '/', host: given.preopen ?? this.root, readOnly: given.readOnly ?? false },
      ],
      stdin: openSync('/dev/null', 'r'),
      stdout: openSync('/dev/null', 'w'),
      stderr: openSync('/dev/null', 'w'),
      ...given,
    });
    this.host = around(sandbox);
    this.host.bind(this.memory);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @returns the name of the errno */
  call(name: string, ...args: (number | bigint)[]): string {
    expect(args.length, `arguments of ${name}`).toBe(PREVIEW1.get(name)?.params.length);
    const before = Buffer.from(this.memory.buffer.slice(0));
    const errno = this.host.functions.get(name)?.(...args) ?? -1;
    if (errno !== 0) {
      const same = Buffer.compare(before, Buffer.from(this.memory.buffer)) === 0;
      expect(same, `${name} wrote though it failed`).toBe(true);
    }
    this.next = DATA;
    return errnoName(errno);
  }

  /** Puts bytes where the next call finds them. @returns address and length */
  put(bytes: string | Uint8Array): [number, number] {
    const content = Buffer.from(bytes as string);
    const address = this.next;
    this.next += content.length;
    Buffer.from(this.memory.buffer).set(content, address);
    return [address, content.length];
  }

  /** What the last call wrote to {@link out}. */
  get u32(): number {
    return new DataView(this.memory.buffer).getUint32(OUT, true);
  }

  get u64(): bigint {
    return new DataView(this.memory.buffer).getBigUint64(OUT, true);
  }

  /** Names of enumerations and flags; 64-bit numbers as bigint, exact. */
  structure(type: StructureType, at: number = OUT): Readonly<Record<string, unknown>> {
    const bytes = new Uint8Array(this.memory.buffer, at, STRUCTURES[type].size);
    const view = new DataView(this.memory.buffer, at);
    const decoded: Record<string, unknown> = { ...structureAt(type, bytes, 0) };
    for (const { name, type: scalar, offset } of structureFields(type, bytes, 0)) {
      const isNumber = !Array.isArray(decoded[name]);
      if (SCALARS[scalar] === 8 && isNumber) decoded[name] = view.getBigUint64(offset, true);
    }
    return decoded;
  }

  bytes(address: number, length: number): Buffer {
    return Buffer.from(this.memory.buffer.slice(address, address + length));
  }

  /** @returns the descriptor, or the name of the errno */
  open(path: string | Uint8Array, options: OpenOptions = {}): number | string {
    const { at = ROOT, lookup = FOLLOW, oflags = 0, rights = FILE, fdflags = 0 } = options;
    const text = this.put(path);
    const base = BigInt(rights);
    const inheriting = BigInt(options.inheriting ?? 0);
    const errno = this.call(
      'path_open',
      at,
      lookup,
      ...text,
      oflags,
      base,
      inheriting,
      fdflags,
      OUT,
    );
    return errno === 'success' ? this.u32 : errno;
  }

  /** @throws where it cannot be opened */
  mustOpen(path: string, options: OpenOptions = {}): number {
    const fd = this.open(path, options);
    if (typeof fd === 'string') throw new Error(`${path}: ${fd}`);
    return fd;
  }

  /** @returns the file's attributes, or the name of the errno */
  stat(path: string | Uint8Array, lookup: number = FOLLOW) {
    const errno = this.call('path_filestat_get', ROOT, lookup, ...this.put(path), OUT);
    return errno === 'success' ? this.structure('filestat') : errno;
  }

  /** @returns what was read, or the name of the errno */
  read(fd: number, length = 4096): Buffer | string {
    const buffer = 8192;
    const [list] = this.vector([buffer, length]);
    const errno = this.call('fd_read', fd, list, 1, OUT);
    return errno === 'success' ? this.bytes(buffer, this.u32) : errno;
  }

  /** @returns bytes written, or the name of the errno */
  write(fd: number, content: string | Uint8Array): number | string {
    const [list] = this.vector(this.put(content));
    const errno = this.call('fd_write', fd, list, 1, OUT);
    return errno === 'success' ? this.u32 : errno;
  }

  vector(...buffers: readonly (readonly [number, number])[]): [number, number] {
    const [list] = this.put(new Uint8Array(Uint32Array.from(buffers.flat()).buffer));
    return [list, buffers.length];
  }

  /** A call on one path below the root. */
  at(name: string, path: string | Uint8Array): string {
    return this.call(name, ROOT, ...this.put(path));
  }

  rename(from: string, to: string): string {
    return this.call('path_rename', ROOT, ...this.put(from), ROOT, ...this.put(to));
  }

  link(from: string, to: string, lookup = 0): string {
    return this.call('path_link', ROOT, lookup, ...this.put(from), ROOT, ...this.put(to));
  }

  symlink(target: string, path: string): string {
    return this.call('path_symlink', ...this.put(target), ROOT, ...this.put(path));
  }

  /** @returns the target, cut to the room there is, or the name of the errno */
  readlink(path: string, room = 4096): string {
    const errno = this.call('path_readlink', ROOT, ...this.put(path), 16384, room, OUT);
    return errno === 'success' ? this.bytes(16384, this.u32).toString() : errno;
  }
}

export { OUT };
