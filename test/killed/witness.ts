/**
 * Loaded into the guest's thread before anything else (`--import`): notes in a file of its own, at once, how many
 * bytes the guest has logged and when. What is there and not in the trace is what a kill has lost.
 * The file comes from the environment, `WITNESS`: pairs of numbers (Float64), bytes of log and milliseconds of the
 * monotonic clock.
 */
import { openSync, writeSync } from 'node:fs';
import { RingWriter } from '../../recorder/ring.ts';
import { monotonicMs } from './clock.ts';

/** Milliseconds between two notes: each takes the time of a small call. */
const PAUSE = 0.05;

const file = openSync(process.env.WITNESS ?? '', 'a');
const note = new Float64Array(2);
const { commit } = RingWriter.prototype;
let logged = 0;
let last = 0;

RingWriter.prototype.commit = function (...moment) {
  logged += this.out.at - this.start;
  commit.apply(this, moment);
  const now = monotonicMs();
  if (now - last < PAUSE) return;
  last = now;
  note[0] = logged;
  note[1] = now;
  writeSync(file, note);
};
