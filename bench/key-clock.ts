/**
 * Loaded into the debugger by bench/debugger-screen.ts (`--import`): notes in the file that `KEY_CLOCK` names
 * when keys are read and when a frame is written. A pseudo-terminal hands bytes on in a thread of the kernel
 * that waits for its turn like any other: on a busy machine (load 24) a mere `cat` in one echoed keys after 17
 * ms (p95) with real-time priority, so what the screen shows and when says little of the debugger.
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.KEY_CLOCK;
const FRAME_END = '\u001b[?2026l';

if (file !== undefined && isMainThread && process.stdin.isTTY) {
  const out = openSync(file, 'a');
  const note = (what: 'key' | 'frame') => {
    const now = Number(process.hrtime.bigint()) / 1e6;
    const [ran = '0'] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    writeSync(out, `${what} ${now} ${Number(ran) / 1e6}\n`);
  };
  process.stdin.on('data', () => note('key'));
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    if (String(args[0]).endsWith(FRAME_END)) note('frame');
    return write(...args);
  }) as typeof process.stdout.write;
}
