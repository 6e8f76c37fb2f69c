/** The guest's descriptors: what each number stands for and what may be done with it. */
import { closeSync } from 'node:fs';
import type { Connection } from './connection.ts';
import { ERRNO, refuse } from './errno.ts';
import type { StartDirectory } from './known-directories.ts';
import type { Listener } from './listener.ts';
import type { Listing } from './listing.ts';
import { RIGHT } from './rights.ts';

/** `filetype` of WASI; a pipe has none. */
export const FILETYPE = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const;

export interface DescriptorInit {
  readonly fd: number;
  readonly filetype: number;
  readonly flags: number;
  readonly rights: number;
  readonly inheriting: number;
  readonly position?: number;
  readonly directory?: StartDirectory;
  readonly preopen?: Buffer;
  readonly socket?: Listener | Connection;
  /** Of the process, so not closed with the guest's descriptor: its standard streams. */
  readonly shared?: boolean;
}

export class Descriptor {
  /** The process's own descriptor; -1 for a socket. */
  fd: number;
  readonly filetype: number;
  /** `fdflags` as the guest set them. */
  flags: number;
  rights: number;
  inheriting: number;
  /**
   * Offset of the next read or write. Node has no lseek, so the sandbox counts. Undefined where it cannot:
   * for all that cannot seek, for a file that a standard stream shares with other processes, and after
   * appending.
   */
  position: number | undefined;
  /** Whether the system's own offset is the same, as it is until the guest seeks. Using it is faster. */
  inStep = true;
  /** Where paths start from this descriptor; directories alone have it. */
  readonly directory: StartDirectory | undefined;
  /** The guest's name for a directory that it was given, empty for a listening socket. */
  readonly preopen: Buffer | undefined;
  /** Sockets belong to the network's thread; what reads and writes one goes there. */
  readonly socket: Listener | Connection | undefined;
  readonly shared: boolean;
  /** What fd_readdir is in the middle of. */
  listing: Listing | undefined;
  /** Read ahead by a poll and not yet by the guest. */
  pending = NO_BYTES;
  /** Nonblocking ones of the same stream, by the mode they are open in; -1 where there can be none. */
  readonly twins = new Map<number, number>();

  constructor(init: DescriptorInit) {
    this.fd = init.fd;
    this.filetype = init.filetype;
    this.flags = init.flags;
    this.rights = init.rights;
    this.inheriting = init.inheriting;
    this.position = init.position;
    this.directory = init.directory;
    this.preopen = init.preopen;
    this.socket = init.socket;
    this.shared = init.shared ?? false;
  }

  close(): void {
    if (this.socket !== undefined) {
      this.socket.close();
      return;
    }
    for (const twin of this.twins.values()) {
      if (twin >= 0) closeSync(twin);
    }
    this.directory?.known.close();
    if (!this.shared) closeSync(this.fd);
  }
}

export class DescriptorTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  /** No lower number is free. */
  private free = 0;
  private readonly highest: number;
  /** The last file that was opened took the last descriptor that the guest may have. */
  private full = false;

  /** @param highest descriptor of the process that may be the guest's */
  constructor(highest = Number.POSITIVE_INFINITY) {
    this.highest = highest;
  }

  /** Before a file is opened: the guest must leave the recorder some. @throws Refusal mfile */
  checkRoom(): void {
    if (this.full) refuse(ERRNO.mfile);
  }

  /** Puts it at the lowest free number, as POSIX does. */
  add(descriptor: Descriptor): number {
    while (this.slots[this.free] !== undefined) this.free++;
    this.slots[this.free] = descriptor;
    this.full = descriptor.fd >= this.highest;
    return this.free;
  }

  /** Puts it at a number: the standard streams, of which some may be closed. */
  set(fd: number, descriptor: Descriptor | undefined): void {
    while (this.slots.length < fd) this.slots.push(undefined);
    this.slots[fd] = descriptor;
  }

  find(fd: number): Descriptor | undefined {
    return this.slots[fd];
  }

  /** @throws Refusal badf */
  any(fd: number): Descriptor {
    return this.slots[fd] ?? refuse(ERRNO.badf);
  }

  /**
   * @param needed rights, all of which it must have
   * @throws Refusal badf, notcapable
   */
  get(fd: number, needed: number): Descriptor {
    const descriptor = this.slots[fd] ?? refuse(ERRNO.badf);
    if ((descriptor.rights & needed) !== needed) refuse(ERRNO.notcapable);
    return descriptor;
  }

  /**
   * The directory behind a descriptor, for a path that starts there.
   * @throws Refusal badf, notdir, notcapable
   */
  directory(fd: number, needed: number): StartDirectory {
    const { directory, rights } = this.any(fd);
    if (directory === undefined) refuse(ERRNO.notdir);
    if ((rights & needed) !== needed) refuse(ERRNO.notcapable);
    return directory;
  }

  /** As {@link get}, for reading and writing: what a directory is not for has a name of its own. */
  file(fd: number, needed: number): Descriptor {
    if (this.any(fd).directory !== undefined) refuse(ERRNO.isdir);
    return this.get(fd, needed);
  }

  /** @throws Refusal badf, and what closing gives */
  close(fd: number): void {
    const descriptor = this.any(fd);
    this.empty(fd);
    descriptor.close();
  }

  /** @throws Refusal badf unless both are open */
  renumber(from: number, to: number): void {
    const [moved, replaced] = [this.any(from), this.any(to)];
    if (from === to) return;
    this.slots[to] = moved;
    this.empty(from);
    replaced.close();
  }

  private empty(fd: number): void {
    this.slots[fd] = undefined;
    this.free = Math.min(this.free, fd);
    this.full = false;
  }
}

const NO_BYTES = new Uint8Array(0);

/** `fd_seek(0, cur)` only tells, so the right to tell is enough for it, and the right to seek for both. */
export function mayTell(descriptor: Descriptor): boolean {
  return (descriptor.rights & (RIGHT.fd_tell | RIGHT.fd_seek)) !== 0;
}
