/**
 * A second writer of the segment encoding, from event objects and by the letter of FORMAT.md: it shares
 * with the recorder only the primitives. What it writes may be as wrong as a test wants it to be.
 */
import { ByteOutput } from '../../traces/byte-output.ts';
import type {
  CallEvent,
  CoreValue,
  LogEvent,
  LoggedType,
  OpenEvent,
  Place,
} from '../../traces/events.ts';

const TYPES: readonly LoggedType[] = ['i32', 'i64', 'f32', 'f64'];
const FORMS = { absolute: 0, pointer: 1, vector: 2, gather: 3 } as const;
/** Bytes above which the kept reads, and here each effect, go into parts. */
const INLINE = 131_072;
const IN_PARTS = 8;

/** The records of the events, one after the other. @param startNs when the event before them ended */
export function encodeEvents(events: readonly LogEvent[], startNs = 0): Uint8Array {
  const payload = events.reduce((sum, event) => sum + payloadOf(event), 0);
  const out = new ByteOutput(new Uint8Array(payload + events.length * 4096 + 64));
  let clock = startNs;
  for (const event of events) clock = encodeEvent(out, event, clock);
  return out.bytes.slice(0, out.at);
}

function payloadOf(event: LogEvent): number {
  if (event.kind === 'unwind') return event.reason.length * 3;
  if (event.kind !== 'call' && event.kind !== 'open') return 0;
  const effects = event.effects.reduce((sum, effect) => sum + effect.bytes.length, 0);
  return event.hostReads.kept.length + effects;
}

/** @returns when the event ended */
function encodeEvent(out: ByteOutput, event: LogEvent, clock: number): number {
  const gap = Math.max(0, event.startNs - clock);
  switch (event.kind) {
    case 'call':
      encodeParts(out, event);
      encodeCall(out, event, gap);
      return event.startNs + event.durationNs;
    case 'open':
      encodeParts(out, event);
      out.byte(2);
      encodeQuestion(out, event, gap);
      out.varint(event.pages);
      return event.startNs;
    case 'enter':
      out.byte(5);
      out.varint(event.func.id);
      out.varint(gap);
      encodeValues(out, event.func.params, event.args);
      out.varint(event.pages);
      return event.startNs;
    case 'leave':
      out.byte(6);
      out.varint(event.number - event.opened);
      out.varint(gap);
      out.varint(event.pages);
      out.byte(event.results.length);
      for (const result of event.results) {
        const type = typeof result === 'bigint' ? 'i64' : 'f64';
        out.byte(TYPES.indexOf(type));
        out.value(type, result);
      }
      return event.startNs;
    case 'return':
    case 'throw':
    case 'suspend':
    case 'instantiate':
      throw new Error('the events of components are encoded in their own test');
    case 'unwind':
      out.byte(7);
      out.varint(event.number - event.opened);
      out.varint(gap);
      out.varint(event.pages);
      out.text(event.reason);
      return event.startNs;
  }
}

function encodeCall(out: ByteOutput, event: CallEvent, gap: number): void {
  out.byte(1);
  encodeQuestion(out, event, gap);
  out.varint(event.durationNs);
  out.varint(event.pages);
  encodeValues(out, event.func.results, event.results);
  out.byte(event.effects.length);
  for (const { form, param, address, length, bytes } of event.effects) {
    const parts = length > INLINE ? IN_PARTS : 0;
    out.byte(((FORMS[form] | parts) << 4) | Math.max(0, param));
    if (form === 'absolute') out.varint(address);
    out.varint(length);
    if (parts === 0) out.copy(bytes, 0, bytes.length);
  }
}

function encodeQuestion(out: ByteOutput, event: CallEvent | OpenEvent, gap: number): void {
  out.varint(event.func.id);
  out.varint(gap);
  encodeValues(out, event.func.params, event.args);
  const { places, length, kept, hash } = event.hostReads;
  out.byte(places.length);
  if (places.length === 0) return;
  for (const place of places) encodePlace(out, place);
  out.varint(length);
  out.varint(kept.length);
  if (hash !== undefined) out.u64(hash);
  if (kept.length <= INLINE) out.copy(kept, 0, kept.length);
}

function encodePlace(out: ByteOutput, place: Place): void {
  out.byte((FORMS[place.form] << 4) | ('param' in place ? place.param : 0));
  if (place.form === 'absolute') out.varint(place.address);
  if ('length' in place) out.varint(place.length);
}

function encodeParts(out: ByteOutput, event: CallEvent | OpenEvent): void {
  event.effects.forEach(({ length, bytes }, index) => {
    if (length > INLINE) encodeSplit(out, [0, index], bytes);
  });
  const { kept } = event.hostReads;
  if (kept.length > INLINE) encodeSplit(out, [1], kept);
}

/** In pieces that are not those of the recorder. */
function encodeSplit(out: ByteOutput, head: readonly number[], bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; from += 100_000) {
    const piece = bytes.subarray(from, from + 100_000);
    out.byte(8);
    for (const byte of head) out.byte(byte);
    out.varint(piece.length);
    out.copy(piece, 0, piece.length);
  }
}

function encodeValues(
  out: ByteOutput,
  types: readonly LoggedType[],
  values: readonly CoreValue[],
): void {
  out.values(types, values);
}
