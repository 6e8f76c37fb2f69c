/** A guest that was run on past its recording keeps nothing alive. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finished } from '../../cli/command.ts';
import { guest } from '../../guests/guests.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('past');
afterAll(() => scratch.remove());

let trace: string;

beforeAll(async () => {
  ({ trace } = await scratch.recordGuest(guest('busy-loop'), { paranoid: false }, 'start'));
});

/** A process that hangs is killed: then it has no status. */
const PATIENCE_MS = 100_000;

test.each(['close', 'leave', 'abort', 'exit', 'nothing'])('its process ends: %s', async (how) => {
  const program = join(import.meta.dirname, 'past-child.ts');
  const child = spawn(process.execPath, [program, trace, how], { timeout: PATIENCE_MS });
  const stdout = how === 'exit' ? 'paused\n' : 'paused\n0 timers\n';
  expect(await finished(child)).toMatchObject({ status: 0, stdout, stderr: '' });
});
