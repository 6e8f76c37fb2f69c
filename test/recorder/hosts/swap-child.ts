/**
 * Swaps a directory for a link to somewhere else and back, as fast as it can, until it is ended:
 * `node swap-child.ts DIRECTORY TARGET`. Says `ready` first.
 */
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';

const [directory = '', target = ''] = process.argv.slice(2);
const aside = `${directory}.aside`;
process.stdout.write('ready\n');
for (;;) {
  renameSync(directory, aside);
  symlinkSync(target, directory);
  unlinkSync(directory);
  renameSync(aside, directory);
}
