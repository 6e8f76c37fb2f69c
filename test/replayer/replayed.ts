/** A replay with what it printed. */
import { type ReplayOptions, type ReplayReport, replay } from '../../replayer/replay.ts';

export interface ReplayedRun extends ReplayReport {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export async function replayed(
  trace: string,
  options: Omit<ReplayOptions, 'trace' | 'onOutput'> = {},
): Promise<ReplayedRun> {
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const report = await replay({
    ...options,
    trace,
    onOutput: (stream, bytes) => {
      chunks[stream].push(bytes);
    },
  });
  return { ...report, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}
