/** Whether the keyframes that a trace holds are sound, all of them. */
import { hashOfMemory } from '../../wasm/xxh64.ts';
import type { TraceReader } from '../reader.ts';
import { passedAt } from './moments.ts';
import { damaged, KeyframeReader } from './reader.ts';

/**
 * Reads all of them; and the memory at the end must be the recorded one.
 * @throws WasiRrError TRACE_CORRUPT
 */
export function checkKeyframes(trace: TraceReader): void {
  const parts = trace.keyframes();
  if (parts === undefined) return;
  const reader = new KeyframeReader(parts);
  for (const group of parts.groups.keys()) parts.data(group);
  const { flavour, finalMemory } = trace.meta;
  // of a component, the hash is that of those of its memories that are exported
  if (flavour === 'component' || !finalMemory) return;
  const last = reader.whole(0, passedAt(trace.eventCount - 1));
  if (last === undefined || !trace.complete) return;
  const memory = new WebAssembly.Memory({ initial: last.length / 65536 });
  new Uint8Array(memory.buffer).set(last);
  if (hashOfMemory(memory) === finalMemory.xxh64) return;
  throw damaged('the memory at the end is another one than the recorded one');
}
