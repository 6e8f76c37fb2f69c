/** What a recording can begin with while its command is loaded: each takes some 25 ms. */
import { likelyKind, startAhead } from '../index.ts';

startAhead(likelyKind(process.argv.slice(3)));

// A recorder makes much garbage, nearly all of it short-lived, to which V8 would give more and more room: at the peak 61 MB
// beyond an empty recording instead of 146 for 1 M reads of 1 KiB, 75 instead of 87 for 5 M calls (bench/memory.ts).
// Processor time is the same. Later, since to load node:v8 takes 4 ms.
setTimeout(() => {
  process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
}, 100).unref();
