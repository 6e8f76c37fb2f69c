/** Moves bytes between a descriptor of the process and the guest's buffers, in one system call. Hot path. */
import { readSync, readvSync, writeSync, writevSync } from 'node:fs';
import type { Buffers, SandboxMemory } from './memory.ts';

/**
 * @param offset in the file; null for the system's own
 * @returns bytes read
 */
export function readInto(
  { bytes }: SandboxMemory,
  fd: number,
  { address, length, all }: Buffers,
  offset: number | null,
): number {
  if (all !== undefined) return readvSync(fd, all, offset ?? undefined);
  return readSync(fd, bytes, address, length, offset);
}

/**
 * @param offset in the file; null for the system's own
 * @returns bytes written
 */
export function writeFrom(
  { bytes }: SandboxMemory,
  fd: number,
  { address, length, all }: Buffers,
  offset: number | null,
): number {
  if (all !== undefined) return writevSync(fd, all, offset ?? undefined);
  return writeSync(fd, bytes, address, length, offset);
}
