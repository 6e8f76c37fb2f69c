/** What a recording can begin with while its command is loaded: each takes some 25 ms. */
import { setFlagsFromString } from 'node:v8';
import { startAhead } from '../index.ts';

// A recorder makes much garbage, nearly all of it short-lived, to which V8 would give more and more room: at the peak 61 MB
// beyond an empty recording instead of 146 for 1 M reads of 1 KiB, 75 instead of 87 for 5 M calls (bench/memory.ts).
// Processor time is the same.
setFlagsFromString('--semi-space-growth-factor=1');
startAhead();
