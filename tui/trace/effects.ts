/** Where in guest memory the effects of a call lie. */
import type { CallEvent, Effect, LogEvent } from '../../traces/events.ts';
import { IOVEC_SIZE, readRange } from '../../wasi/call-memory.ts';
import { shapeOf } from '../../wasi/fields.ts';
import { lengthArg, u32At } from '../../wasi/scalars.ts';

export interface AddressRange {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** Buffers of one scattered effect that are followed. */
const MAX_RANGES = 1024;

/**
 * What an event brought into guest memory, in ascending order of address.
 * @param memory number of a component's; 0 by default
 */
export function effectRanges(event: LogEvent, memory = 0): AddressRange[] {
  const effects =
    event.kind === 'call' ? event.effects.flatMap((effect) => rangesOf(event, effect)) : [];
  const changes = (event.changes ?? []).flatMap((change) =>
    change.kind === 'write' && change.memory === memory
      ? [{ address: change.address, length: change.bytes.length }]
      : [],
  );
  return [...effects, ...changes]
    .filter(({ length }) => length > 0)
    .sort((left, right) => left.address - right.address);
}

function rangesOf(call: CallEvent, effect: Effect): AddressRange[] {
  const { form, length } = effect;
  if (form === 'absolute') return [{ address: effect.address, length }];
  if (form === 'pointer') return [{ address: lengthArg(call.args[effect.param]), length }];
  const fn = shapeOf(call.name)?.fn;
  if (fn === undefined) return [];
  const { bytes } = readRange(call, fn, effect.param);
  const ranges: AddressRange[] = [];
  let left = length;
  for (let at = 0; at + IOVEC_SIZE <= bytes.length && left > 0; at += IOVEC_SIZE) {
    if (ranges.length === MAX_RANGES) break;
    const size = Math.min(left, u32At(bytes, at + 4));
    ranges.push({ address: u32At(bytes, at), length: size });
    left -= size;
  }
  return ranges;
}
