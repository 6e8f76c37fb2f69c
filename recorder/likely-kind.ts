/** What a command line is likely to record, known long before it is read: a wrong guess costs some time, and nothing else. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { binaryKind } from '../wasm/binary.ts';
import type { GuestKind } from './guest-start.ts';

/** @param words of the command line */
export function likelyKind(words: readonly string[]): GuestKind {
  if (words.includes('--via-component')) return 'component';
  const program = words.find((word) => word.endsWith('.wasm'));
  return program !== undefined && isComponent(program) ? 'component' : 'module';
}

function isComponent(path: string): boolean {
  const head = new Uint8Array(8);
  try {
    // what is read of a pipe is gone
    if (!statSync(path).isFile()) return false;
    const file = openSync(path, 'r');
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch {
    // that will be told in time
    return false;
  }
  return binaryKind(head) === 'component';
}
