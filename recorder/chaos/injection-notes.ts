/**
 * What faults happened to which calls, from the guest's thread to the supervisor: through a ring of their
 * own, since the log's holds nothing but what a replay needs.
 */
import { ByteInput } from '../../traces/byte-input.ts';
import type { Injection } from '../../traces/injections.ts';
import type { RingWriter } from '../ring.ts';
import { FAULT_NAMES, type FaultName } from './faults.ts';

/** Bytes; details are shorter. */
const MOST = 256;

/** @param event number of the event that the call will have */
export function writeNote(ring: RingWriter, event: number, fault: FaultName, detail: string): void {
  const text = Buffer.from(detail).subarray(0, MOST - 32);
  ring.begin(MOST);
  ring.out.varint(event);
  ring.out.byte(FAULT_NAMES.indexOf(fault));
  ring.out.byte(text.length);
  ring.out.copy(text, 0, text.length);
  ring.commit();
}

export function readNotes(bytes: Uint8Array): Injection[] {
  const input = new ByteInput(bytes);
  const notes: Injection[] = [];
  while (input.at < input.end) {
    const event = input.varint();
    const fault = FAULT_NAMES[input.byte()] ?? 'unknown';
    const length = input.byte();
    const detail = Buffer.from(bytes.subarray(input.at, input.at + length)).toString();
    input.at += length;
    notes.push({ event, fault, detail });
  }
  return notes;
}
