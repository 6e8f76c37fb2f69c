/**
 * Records until it is killed: `node kill-child.ts MODULE OUTPUT [FOLDER] [ARG…]`. Says on stderr, every few
 * milliseconds, how many calls are in the trace and at what time: `CALLS MS`, MS since 1970.
 */
import { openSync } from 'node:fs';
import { openRecording } from '../../recorder/record.ts';

const [module = '', output = '', folder = '', ...args] = process.argv.slice(2);
const recording = await openRecording({
  module,
  output,
  args,
  preopens: folder === '' ? [] : [{ host: folder, guest: '/' }],
  stdin: openSync('/dev/null', 'r'),
  stdout: openSync('/dev/null', 'w'),
});
setInterval(() => process.stderr.write(`${recording.progress.calls} ${Date.now()}\n`), 2);
await recording.call('_start');
await recording.finish();
process.stderr.write('finished\n');
process.exit();
