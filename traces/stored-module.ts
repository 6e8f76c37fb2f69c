/** The guest's module as a trace holds it. */
import type Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';
import { sha256 } from './sha256.ts';
import { zstdDecompressSync } from './zstd.ts';

/** V8 takes no larger module. */
const MAX_MODULE_SIZE = 2 ** 30;

const MODULE = 'select sha256, size, data from modules where id >= ? order by id limit 1';

/**
 * @param id of a component's many; by default the first
 * @throws Error with what is wrong with it, behind "the module of this trace"
 */
export function loadModule(db: Database.Database, id = 0): Uint8Array {
  const row = attempt('cannot be read', () => db.prepare(MODULE).get(id)) as
    | { sha256: string; size: number; data: Uint8Array }
    | undefined;
  if (row === undefined) {
    throw new Error('is not there: the recorder was killed before it had stored it');
  }
  const { size, data } = row;
  if (!(size > 0 && size <= MAX_MODULE_SIZE)) throw new Error('has no possible size');
  const bytes = attempt('does not unpack', () =>
    zstdDecompressSync(data, { maxOutputLength: size }),
  );
  if (sha256(bytes).toString('hex') !== row.sha256) {
    throw new Error('is not the one that its checksum names');
  }
  return bytes;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${what} (${messageOf(cause)})`, { cause });
  }
}
