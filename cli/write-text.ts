/** A write to the guest's memory, in a line. */
import type { LocatedWrite } from '../index.ts';
import { frameTexts } from './frames.ts';
import { addressText, changeText } from './hex-dump.ts';

/** `after #11` is where the guest did it; the host did it with `#11`. */
function whenText({ by, mark: { event, tick } }: LocatedWrite): string {
  const place = by === 'host' ? `#${event}` : event < 0 ? 'before #0' : `after #${event}`;
  return `${place} tick ${tick}`;
}

/** With the place in the code. */
export function textLine(write: LocatedWrite): string {
  const [place] = write.frame ? frameTexts(write.frame) : [];
  return `${textWrite(write)}  ${place ?? `host: ${write.call}`}`;
}

/** When, where to, which bytes. */
export function textWrite(write: LocatedWrite): string {
  const { from, before, after } = write;
  return `${whenText(write)}  ${addressText(from)}  ${changeText(before, after)}`;
}
