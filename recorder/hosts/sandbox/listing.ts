/** What a directory contains, as fd_readdir steps through it: a cookie is an index here. */
import { lstatSync, opendirSync } from 'node:fs';
import { type Directory, hostPath } from './directory.ts';
import { directoryEntries } from './directory-entries.ts';
import { filetypeOf } from './stat.ts';

export interface Entry {
  readonly name: Buffer;
  readonly filetype: number;
  readonly inode: bigint;
}

const MAYBE_MISSING = { bigint: true, throwIfNoEntry: false } as const;

/** Names that are read at once. */
const BATCH = 256;

/**
 * Looking at an entry costs 4 µs, asking the system for all with what they are 0.4 µs each, but the way
 * there must be laid first: so many entries take as long.
 */
const MANY = 500;

/** Entries of all listings that have not been asked for at once. */
let looks = 0;

/**
 * A directory's names as they were when the guest began to read it, in the system's order. Held until it
 * begins anew, so that no cookie ever misses or repeats an entry.
 */
export class Listing {
  private readonly directory: Directory;
  private readonly names: readonly Buffer[];
  /** Undefined where not asked for yet; null where the entry had gone by then. */
  private readonly entries: (Entry | null | undefined)[] = [];

  constructor(directory: Directory) {
    this.directory = directory;
    const { names, entries } = contentsOf(directory);
    this.names = [Buffer.from('.'), Buffer.from('..'), ...names];
    this.entries = [undefined, undefined, ...entries];
  }

  get length(): number {
    return this.names.length;
  }

  /** @returns undefined for an entry that has been removed since */
  entry(index: number): Entry | undefined {
    let entry = this.entries[index];
    if (entry === undefined) {
      entry = this.look(index);
      this.entries[index] = entry;
    }
    return entry ?? undefined;
  }

  private look(index: number): Entry | null {
    const name = this.names[index];
    if (name === undefined) return null;
    // what lies above a directory is not the guest's to know, so `..` has the inode of `.`
    const looked = index === 1 ? '.' : name.toString('latin1');
    const stat = lstatSync(hostPath(this.directory.prefix + looked), MAYBE_MISSING);
    if (stat === undefined) return null;
    return { name, filetype: filetypeOf(Number(stat.mode)), inode: stat.ino };
  }
}

/** What is in it, without `.` and `..`. */
interface Contents {
  readonly names: readonly Buffer[];
  /** By their names; undefined where the names are all that is known. */
  readonly entries: readonly (Entry | undefined)[];
}

function contentsOf(directory: Directory): Contents {
  if (looks < MANY) {
    const names = namesIn(directory);
    looks += names.length;
    if (looks < MANY) return { names, entries: [] };
  }
  const found = directoryEntries(directory);
  if (found === undefined) return { names: namesIn(directory), entries: [] };
  return {
    names: found.map(({ name }) => name),
    entries: found.map(({ name, inode, filetype }) =>
      filetype === undefined ? undefined : { name, inode, filetype },
    ),
  };
}

function namesIn(directory: Directory): Buffer[] {
  const names: Buffer[] = [];
  // the type of opendirSync knows only text, but it takes `buffer` as readdir does
  const encoding = 'buffer' as BufferEncoding;
  const open = opendirSync(hostPath(directory.prefix), { encoding, bufferSize: BATCH });
  try {
    for (let one = open.readSync(); one !== null; one = open.readSync()) {
      names.push(one.name as unknown as Buffer);
    }
  } finally {
    open.closeSync();
  }
  return names;
}
