/** Where the lines of a result go: to stdout, or into a file that is whole or is not there. */

import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { messageOf, WasiRrError } from '../index.ts';
import { stdout } from './streams.ts';

/** Characters between two writes. */
const BATCH = 1 << 16;

/**
 * @param file undefined: stdout
 * @throws WasiRrError OUTPUT_UNWRITABLE where the file cannot be written
 */
export async function writeResult(
  file: string | undefined,
  lines: Iterable<string>,
): Promise<void> {
  if (file === undefined) return print(lines);
  const unfinished = `${file}.${process.pid}.part`;
  try {
    const stream = createWriteStream(unfinished, { flags: 'wx' });
    let text = '';
    const write = async () => {
      if (!stream.write(text)) await once(stream, 'drain');
      text = '';
    };
    await once(stream, 'open');
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length >= BATCH) await write();
    }
    stream.end(text);
    await finished(stream);
    renameSync(unfinished, file);
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw new WasiRrError('OUTPUT_UNWRITABLE', `${file} cannot be written: ${messageOf(thrown)}.`);
  }
}

async function print(lines: Iterable<string>): Promise<void> {
  for (const line of lines) {
    const full = stdout.print(line);
    if (full) await full;
    if (stdout.closed) return;
  }
  await stdout.flush();
}
