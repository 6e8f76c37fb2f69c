/** How large the files of this process may become (`ulimit -f`). */
import { readFileSync } from 'node:fs';

/** @returns bytes; undefined where there is no limit, or where the system does not tell (only Linux does) */
export function fileSizeLimit(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return undefined;
  }
  const [, soft] = /^Max file size +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
