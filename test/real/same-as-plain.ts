/** The promise of the whole project, as tests of one program: recorded it does what it did, and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Program } from './program.ts';
import { type RecordedRun, recordedMemory, runPlain, runRecorded, runReplayed } from './runs.ts';

const REPLAYS = 10;

export function testProgram(program: Program): void {
  describe(program.name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-traces-'));
    const trace = join(folder, 'run.wrr');
    const end = program.timeoutMs === undefined ? 'identical' : 'prefix';
    let recorded: RecordedRun;
    beforeAll(async () => {
      recorded = await runRecorded(program, trace);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.skipIf(program.flaky)('does while recorded what it does under plain node:wasi', () => {
      const plain = runPlain(program);
      expect(recorded.exit).toBe(plain.exit);
      expect(text(recorded.stdout, program)).toBe(text(plain.stdout, program));
      expect(text(recorded.stderr, program)).toBe(
        text(plain.stderr, program).replace(/^\[trap\] .*\n/m, ''),
      );
      expect(recorded.files).toEqual(plain.files);
    });

    it(`replays ${REPLAYS} times, its inputs gone`, async () => {
      const memory = recordedMemory(trace);
      expect(memory !== undefined).toBe(program.timeoutMs === undefined);
      for (let i = 0; i < REPLAYS; i++) {
        const replayed = await runReplayed(trace);
        expect(replayed.divergence).toBeUndefined();
        expect(replayed.status).toBe(end);
        expect(replayed.exit).toBe(recorded.exit);
        expect(replayed.stdout.equals(recorded.stdout)).toBe(true);
        expect(replayed.stderr.equals(recorded.stderr)).toBe(true);
        expect(replayed.events).toBe(recorded.report.events);
        if (memory !== undefined) expect(replayed.memory).toBe(memory);
      }
    });

    it.skipIf(program.large)('writes nothing that the log does not hold', async () => {
      const paranoid = join(folder, 'paranoid.wrr');
      const again = await runRecorded(program, paranoid, { paranoid: true });
      if (!program.flaky) expect(again.exit).toBe(recorded.exit);
      expect((await runReplayed(paranoid)).status).toBe(end);
    });
  });
}

function text(bytes: Buffer, { varying }: Program): string {
  const latin1 = bytes.toString('latin1');
  return varying === undefined ? latin1 : latin1.replace(varying, '…');
}
