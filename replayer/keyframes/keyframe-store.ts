/** Keyframes of one trace, and what is answered out of them. One method a request. */
import { invariant } from '../../errors.ts';
import { eventOf, passedAt } from '../../traces/keyframes/moments.ts';
import { PAGE_BYTES } from '../../traces/keyframes/page-patch.ts';
import type { KeyframeParts } from '../../traces/keyframes/parts.ts';
import { KeyframeReader } from '../../traces/keyframes/reader.ts';
import { storeKeyframes } from '../../traces/keyframes/store.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { exportGlobals, type WithGlobals } from '../../wasm/exported-globals.ts';
import { type CoreLayout, coreLayout, mainMemory } from '../component/core-layout.ts';
import type { Globals, GlobalValue } from '../session/messages.ts';
import { decodeGlobal, globalsMemory } from './kept-globals.ts';
import { KeyframeMemory } from './keyframe-memory.ts';
import { makeKeyframes } from './make-keyframes.ts';
import type { KeyframeRequests, KeyframesInfo } from './messages.ts';
import { rangeHistory } from './range-history.ts';

type OnEvent = (event: number) => void;

type Handlers = {
  readonly [K in keyof KeyframeRequests]: (
    params: KeyframeRequests[K]['params'],
    onEvent: OnEvent,
  ) => KeyframeRequests[K]['answer'] | Promise<KeyframeRequests[K]['answer']>;
};

export class KeyframeStore implements Handlers {
  private readonly trace: TraceReader;
  private parts: KeyframeParts | undefined;
  private kept: KeyframeMemory | undefined;
  private layout: CoreLayout | undefined;
  /** By module. */
  private readonly visible = new Map<number, Pick<WithGlobals, 'globals' | 'hidden'>>();

  constructor(trace: TraceReader) {
    this.trace = trace;
  }

  /** @throws WasiRrError TRACE_CORRUPT */
  load(): KeyframesInfo | undefined {
    const parts = this.trace.keyframes();
    return parts && this.take(parts, 'stored');
  }

  /** @throws as makeKeyframes */
  async make({ budget }: KeyframeRequests['make']['params'], onEvent: OnEvent) {
    return this.take(await makeKeyframes(this.trace, { budget, onEvent }), 'made');
  }

  /** @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
  store(): undefined {
    invariant(this.parts, 'keyframes that were not made');
    storeKeyframes(this.trace.path, this.trace.segments, this.parts);
  }

  memory({ at, address, length, memory }: KeyframeRequests['memory']['params']) {
    return this.kept?.read(this.number(memory), at, address, length);
  }

  search({ at, query, memory }: KeyframeRequests['search']['params']) {
    return this.kept?.search(this.number(memory), at, query);
  }

  diff(params: KeyframeRequests['diff']['params']) {
    const { from, to, memory } = params;
    return this.kept?.diff(this.number(memory), from, to, params);
  }

  history(params: KeyframeRequests['history']['params']) {
    return (
      this.kept && rangeHistory(this.kept.reader, { ...params, memory: this.number(params.memory) })
    );
  }

  globals({ at, instance }: KeyframeRequests['globals']['params']): Globals | undefined {
    this.layout ??= coreLayout(this.trace);
    const id = instance ?? this.layout.main;
    const info = this.layout.instances[id];
    const memory = globalsMemory(id);
    if (this.kept === undefined || info === undefined || memory === undefined) return undefined;
    const page = this.kept.reader.read(memory, passedAt(at), 0, PAGE_BYTES);
    if (page === undefined) return undefined;
    let visible = this.visible.get(info.module);
    visible ??= exportGlobals(this.trace.module(info.module));
    this.visible.set(info.module, visible);
    const globals: GlobalValue[] = [];
    for (const { index, name, exported } of visible.globals) {
      const value = decodeGlobal(page, index);
      // a reference, or one of too many
      if (value === undefined) return undefined;
      globals.push({ index, name, exported, value });
    }
    return { globals, hidden: visible.hidden };
  }

  private number(memory: number | undefined): number {
    if (memory !== undefined) return memory;
    this.layout ??= coreLayout(this.trace);
    return mainMemory(this.layout);
  }

  private take(parts: KeyframeParts, source: KeyframesInfo['source']): KeyframesInfo {
    const reader = new KeyframeReader(parts);
    this.parts = parts;
    this.kept = new KeyframeMemory(reader);
    let bytes = parts.head.length;
    for (const [group, { patches }] of parts.groups.entries()) {
      bytes += patches.length + (source === 'made' ? parts.data(group).length : 0);
    }
    if (source === 'stored') bytes = this.trace.keyframesEntry()?.bytes ?? bytes;
    return { source, keyframes: reader.steps.length, bytes, upTo: eventOf(reader.end) };
  }
}
