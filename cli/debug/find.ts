/** `find` and `first`: where memory holds some bytes now, and since when it does. */
import { type Motion, quoteText, TraceView } from '../../index.ts';
import { addressText } from '../hex-dump.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { markText, ownCodeText, showStop } from './show.ts';

/** Places that are listed. */
const MAX_PLACES = 100;

export async function find(debug: Debugger, rest: string): Promise<Answer> {
  const bytes = patternOf(rest);
  const query = { bytes, from: 0, align: 1, limit: MAX_PLACES };
  const { addresses, next } = await debug.travel.search(debug.mark, query, debug.options);
  const more = next === undefined ? [] : [`and more, from ${addressText(next)} on`];
  return {
    text: addresses.length === 0 ? ['nowhere.'] : [...addresses.map(addressText), ...more],
    json: { addresses, next: next ?? null },
  };
}

/** Bytes, or without quotes, a call: the word means the same in the terminal debugger. */
export async function first(debug: Debugger, rest: string): Promise<Answer> {
  if (/^[a-z]/i.test(rest)) return firstCall(debug, rest);
  const bytes = patternOf(rest);
  const seen = await debug.travel.firstSeen(bytes, debug.options);
  if (seen === undefined) throw refuse('memory never holds these bytes.');
  const { by, mark, address, other } = seen;
  const where = `${quoteText(bytes)} at ${addressText(address)}`;
  const who = {
    guest: `written by ${other === undefined ? 'the guest' : `instance ${other}`}, ${markText(mark)}`,
    host: `written by the host, with #${mark.event}`,
    start: 'there from the start: it is among the data of the module',
  }[by];
  const motion: Motion =
    by === 'guest' && other === undefined
      ? { kind: 'mark', mark }
      : { kind: 'event', event: mark.event };
  const { text, json } = await showStop(debug, await debug.move(motion));
  const lines = [`${where}, ${who}`, ...text, ...ownCodeText(debug)];
  return { text: lines, json: { ...json, address, by } };
}

async function firstCall(debug: Debugger, name: string): Promise<Answer> {
  const view = new TraceView(debug.trace);
  const event = await view.find({ function: name }, 'forward', { ...debug.options, from: -1 });
  if (event === undefined)
    throw refuse(`the run makes no call "${name}"; a text stands in quotes.`);
  return showStop(debug, await debug.move({ kind: 'event', event }));
}

/** `"text"`, or bytes. */
function patternOf(rest: string): Uint8Array {
  const [, text] = /^"(.*)"$/s.exec(rest) ?? [];
  if (text !== undefined && text !== '') return Buffer.from(text);
  const words = rest.split(/[\s,]+/).filter((word) => word !== '');
  const bytes = words.map((word) =>
    /^(0x[\da-f]{1,2}|\d{1,3})$/i.test(word) ? Number(word) : 256,
  );
  if (bytes.length === 0 || bytes.some((byte) => byte > 255)) {
    throw refuse('give a text in quotes, or bytes: find "burg", find 0x62 0x75.');
  }
  return Uint8Array.from(bytes);
}
