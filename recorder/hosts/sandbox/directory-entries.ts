/** A directory's entries with their types and inodes, by getdents64(2): a call for hundreds of them. */
import { closeSync, constants, openSync } from 'node:fs';
import { type Directory, hostPath } from './directory.ts';
import { filetypeOf } from './stat.ts';
import { systemCalls } from './system-calls.ts';

/** Bytes of entries that the system gives at once. */
const bytes = new Uint8Array(64 << 10);
const view = new DataView(bytes.buffer);

/** Offsets in `linux_dirent64`. */
const [INODE, LENGTH, TYPE, NAME] = [0, 16, 18, 19];

/** The type bits of a mode, where `d_type` has the same ones. */
const TYPE_SHIFT = 12;

export interface DirectoryEntry {
  readonly name: Buffer;
  readonly inode: bigint;
  /** `filetype`; undefined where the file system does not tell. */
  readonly filetype: number | undefined;
}

/**
 * In the system's order, without `.` and `..`.
 * @returns undefined where the system cannot be called
 * @throws system errors for a directory that cannot be read
 */
export function directoryEntries(directory: Directory): DirectoryEntry[] | undefined {
  const system = systemCalls();
  if (system === undefined) return undefined;
  const found: DirectoryEntry[] = [];
  const fd = openSync(hostPath(directory.prefix), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (let end = system.directoryEntries(fd, bytes); end > 0; ) {
      for (let at = 0; at < end; at += view.getUint16(at + LENGTH, true)) {
        const name = Buffer.from(bytes.subarray(at + NAME, bytes.indexOf(0, at + NAME)));
        if (isSelfOrAbove(name)) continue;
        const type = view.getUint8(at + TYPE);
        const inode = view.getBigUint64(at + INODE, true);
        found.push({
          name,
          inode,
          filetype: type === 0 ? undefined : filetypeOf(type << TYPE_SHIFT),
        });
      }
      end = system.directoryEntries(fd, bytes);
    }
  } finally {
    closeSync(fd);
  }
  return found;
}

function isSelfOrAbove(name: Buffer): boolean {
  const DOT = 46;
  return name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT));
}
