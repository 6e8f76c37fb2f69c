/** What the program had printed after the selected event, both streams in order. */

import type { OutputChunk } from '../../replayer/session/streams-and-files.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { shortBytes } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';

export function outputContent({ state, position }: Debugger): TabContent {
  const { history } = state;
  if (history === undefined) return { lines: [{ line: line(span('reading…', 'dim')) }] };
  const { chunks, length } = history.output;
  const shown = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const omitted = length.stdout + length.stderr - shown;
  const lines: ContentLine[] =
    omitted > 0 ? [{ line: line(span(`… ${shortBytes(omitted)} before`, 'dim')) }] : [];
  for (const chunk of chunks) lines.push(...chunkLines(chunk, position));
  if (lines.length === 0) return { lines: [{ line: line(span('nothing printed yet', 'dim')) }] };
  const stale = history.event === position ? '' : 'reading…';
  return { lines, note: stale };
}

/** The line of the call that printed it; `!` marks stderr, `▸` what the selected call printed. */
function chunkLines(chunk: OutputChunk, position: number): ContentLine[] {
  const { event, stream, bytes, length } = chunk;
  const current = event === position;
  const parts = splitLines(bytes);
  if (bytes.length < length)
    parts.push(`… ${shortBytes(length - bytes.length)} not kept in the trace`);
  return parts.map((text, index) => ({
    line: line(
      span(current ? '▸' : ' ', 'strong'),
      span(stream === 'stderr' ? '! ' : '  ', 'error'),
      span(text, current ? 'hit' : 'text'),
      span(index === 0 ? `  #${event}` : '', 'dim'),
    ),
    target: { kind: 'event', event },
  }));
}

function splitLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(escapeText(bytes.subarray(at, end < 0 ? bytes.length : end)));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
