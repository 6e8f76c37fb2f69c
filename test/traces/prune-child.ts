/** `FOLDER BYTES`: prunes a folder to a size and tells the parent which traces it removed. */
import { pruneTraces } from '../../traces/prune.ts';

const [folder = '', maxSize] = process.argv.slice(2);
const removed = [...pruneTraces(folder, { maxSize: Number(maxSize) })];
process.send?.(removed.filter(({ kept }) => kept === undefined).map(({ name }) => name));
