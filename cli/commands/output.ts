/** `wasi-rr output`: what the program had printed at an event. */
import type { Command } from 'commander';
import { escapeText, type OutputChunk, type Session, WasiRrError } from '../../index.ts';
import { EVENT_HELP, eventTarget, type Look, lookAt } from '../event-argument.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';

const EXAMPLES = `${EVENT_HELP}

One line a printed line: the call that printed it, the stream, the text. Known from the trace alone, but for
calls of which it kept only the beginning: their bytes are made again by a replay. What the program prints,
as it prints it, is what \`wasi-rr replay\` gives.

Examples:
  wasi-rr output failure
  wasi-rr output app-3 1234 --json | jq -r 'select(.stream == "stderr").text'`;

export function addOutput(program: Command): void {
  program
    .command('output')
    .description('what the program had printed at an event')
    .usage('[options] [trace] [event]')
    .argument('[trace-or-event...]', 'one argument is an event of the latest trace')
    .option(
      '--json',
      'one JSON object a call: event, stream, length, and text or, for no UTF-8, hex',
    )
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(outputCommand));
}

function outputCommand(args: readonly string[], flags: { readonly json?: boolean }) {
  return lookAt(eventTarget(args), async ({ session, options }) => {
    const { chunks } = await session.output({ ...options, limit: Number.MAX_SAFE_INTEGER });
    const numberWidth = `#${chunks.at(-1)?.event ?? 0}`.length;
    for (const chunk of chunks) {
      if (stdout.closed) break;
      const bytes = await allBytes(session, chunk, options);
      const lines = flags.json ? [json(chunk, bytes)] : text(chunk, bytes, numberWidth);
      for (const line of lines) {
        const full = stdout.print(line);
        if (full) await full;
      }
    }
    if (chunks.length === 0) say(`nothing was printed up to #${session.position}.`);
    return 0;
  });
}

/** What the trace kept, where a replay cannot give more. */
async function allBytes(
  session: Session,
  { event, bytes, length }: OutputChunk,
  options: Look['options'],
): Promise<Uint8Array> {
  if (bytes.length === length) return bytes;
  try {
    return (await session.printed(event, options)) ?? bytes;
  } catch (thrown) {
    if (thrown instanceof WasiRrError && thrown.code === session.replayProblem?.code) return bytes;
    throw thrown;
  }
}

function text({ event, stream, length }: OutputChunk, bytes: Uint8Array, width: number): string[] {
  const start = `${`#${event}`.padStart(width)} ${stream} `;
  const lines = splitLines(bytes).map((line) => start + escapeText(line));
  const missing = length - bytes.length;
  return missing > 0 ? [...lines, `${start}… ${missing} bytes that the trace did not keep`] : lines;
}

function json({ event, stream, length }: OutputChunk, bytes: Uint8Array): string {
  const printed = Buffer.from(bytes);
  const asText = printed.toString();
  const content = Buffer.from(asText).equals(printed)
    ? { text: asText }
    : { hex: printed.toString('hex') };
  return jsonLine({ event, stream, length, ...content });
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
