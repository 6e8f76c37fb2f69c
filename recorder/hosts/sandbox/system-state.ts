/** The system's own offset and flags of an open file, which Node does not tell. */
import { fstatSync, readFileSync } from 'node:fs';
import { HAS_PROC } from './directory.ts';

interface SystemState {
  /** Offset of the next read or write, in bytes. */
  readonly offset: number;
  /** As open takes them; undefined where the platform does not tell. */
  readonly flags: number | undefined;
}

/** About 20 µs. Without /proc the offset is taken to be the end, where appending leaves it. */
export function systemState(fd: number): SystemState {
  if (!HAS_PROC) return { offset: fstatSync(fd).size, flags: undefined };
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  const field = (name: string) => text.match(new RegExp(`^${name}:\\s*(\\d+)`, 'm'))?.[1] ?? '0';
  return { offset: Number(field('pos')), flags: Number.parseInt(field('flags'), 8) };
}
