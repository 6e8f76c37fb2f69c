/**
 * What is changed in the program that jco generates, whose version is pinned: it is to tell what nothing outside of it can
 * know, and to forget what has ended. Each stands in all programs that have the part of jco's runtime that it is of.
 */

interface Patch {
  readonly find: string;
  readonly replace: string;
}

export const PATCHES: readonly Patch[] = [
  // a stream that a host gets: who fills it
  {
    find: 'createUserStream() {\n',
    replace:
      'createUserStream() {\n' +
      'const end = getStreamEnd({ tableIdx: this.#streamTableIdx, streamEndWaitableIdx: this.#streamEndWaitableIdx });\n' +
      'if (end) end.takenByHost = true;\n' +
      'return liftedStream(Object.assign(this.createLiftedStream(), { entry: this }), end);\n' +
      '}\n' +
      'createLiftedStream() {\n',
  },
  {
    find: 'return [ stream, ctx ];',
    replace: 'streamEnd.takenByHost = true;\nreturn [ liftedStream(stream, streamEnd), ctx ];',
  },
  // A task that ends while a later one is under way: jco leaves it in its list for ever, and searches that for every call.
  // With one request after the other none is left, so that nothing can count on it.
  {
    find: "// throw new Error('current task does not match expected task ID');",
    replace:
      'const at = tasks.findLastIndex(({ id }) => id === taskID);\n' +
      'if (at >= 0) {\n' +
      'ASYNC_CURRENT_TASK_IDS.pop();\n' +
      'ASYNC_CURRENT_COMPONENT_IDXS.pop();\n' +
      'return tasks.splice(at, 1)[0].task;\n' +
      '}',
  },
  // All streams and futures that ever were are in these tables. They are asked for by numbers that only ends of them have and what
  // the host was given of them: with those gone, nobody can ask. So they hold them weakly, and those hold them.
  {
    find: "const STREAMS = new RepTable({ target: 'global stream map' });",
    replace: 'const STREAMS = weakTable();',
  },
  {
    find: "const FUTURES = new RepTable({ target: 'global future map' });",
    replace: 'const FUTURES = weakTable();',
  },
  {
    find: 'this.#readEnd.setGlobalStreamMapRep(rep);',
    replace:
      'this.#readEnd.setGlobalStreamMapRep(rep);\nthis.#readEnd.entry = this;\nthis.#writeEnd.entry = this;',
  },
  {
    find: 'this.#readEnd.setGlobalFutureMapRep(rep);',
    replace:
      'this.#readEnd.setGlobalFutureMapRep(rep);\nthis.#readEnd.entry = this;\nthis.#writeEnd.entry = this;',
  },
  // a list of all buffers that ever were, which nobody reads
  { find: 'instanceBuffers.set(nextBufID, buffer);', replace: '' },
  // Of a future between the guest and its host, the host's end is in the guest's table, and jco leaves it there.
  {
    find: 'this.#hostInjectFn = f;',
    replace: 'this.#hostInjectFn = f;\nthis.filledByHost = true;',
  },
  {
    find: 'injectedWritePromise = this.#hostInjectFn({ count: 1 });',
    replace: 'this.asked = true;\ninjectedWritePromise = this.#hostInjectFn({ count: 1 });',
  },
  {
    find: 'if (this.#promise) { return this.#promise; }',
    replace: 'this.takenByHost = true;\nif (this.#promise) { return this.#promise; }',
  },
  {
    find: 'futureEnd.drop();',
    replace:
      'futureEnd.drop();\n' +
      'const other = hostsEnd(futureEnd);\n' +
      'if (other) {\n' +
      'const place = FUTURE_TABLES[other.futureTableIdx()];\n' +
      'const inTable = place.table.get(other.handle()) === other;\n' +
      'const { handles } = getOrCreateAsyncState(place.componentIdx);\n' +
      'if (inTable && handles.get(other.waitableIdx()) === other) {\n' +
      'removeFutureEndFromTable({ tableIdx: other.futureTableIdx(), futureWaitableIdx: other.waitableIdx() });\n' +
      '}\n' +
      '}',
  },
  // the same of a stream
  {
    find: 'streamEnd.drop();',
    replace:
      'streamEnd.drop();\n' +
      'const other = hostsEnd(streamEnd);\n' +
      'if (other) {\n' +
      'const place = STREAM_TABLES[other.streamTableIdx()];\n' +
      'const inTable = place.table.get(other.handle()) === other;\n' +
      'const { handles } = getOrCreateAsyncState(place.componentIdx);\n' +
      'if (inTable && handles.get(other.waitableIdx()) === other) {\n' +
      'deleteStreamEnd({ tableIdx: other.streamTableIdx(), streamEndWaitableIdx: other.waitableIdx() });\n' +
      '}\n' +
      '}',
  },
];

/** What the generated program is given besides, by the names that stand in {@link PATCHES}. */
export const GIVEN = { weakTable: () => new WeakTable(), hostsEnd };

export function patched(program: string): string {
  return PATCHES.reduce((text, { find, replace }) => text.replaceAll(find, () => replace), program);
}

/** One end of a stream or future, as the patches leave it. */
interface ChannelEnd {
  readonly entry?: { readEnd(): ChannelEnd; writeEnd(): ChannelEnd };
  /** Of a readable end: the host writes to the other one, and has begun to; or the host reads from this one. */
  readonly filledByHost?: boolean;
  readonly asked?: boolean;
  readonly takenByHost?: boolean;
  isDropped(): boolean;
}

/** @param dropped by the guest @returns the other end of it, where the host has that and is done with it */
function hostsEnd(dropped: ChannelEnd): ChannelEnd | undefined {
  const { entry } = dropped;
  if (entry === undefined) return undefined;
  const [readable, writable] = [entry.readEnd(), entry.writeEnd()];
  if (dropped === writable) return readable.takenByHost ? readable : undefined;
  const isDone = !dropped.asked || writable.isDropped();
  return dropped.filledByHost && isDone ? writable : undefined;
}

/** Stands in for a table of the generated program. Numbers count from 1 and none is used again. */
export class WeakTable {
  private readonly entries = new Map<number, WeakRef<object>>();
  private readonly gone = new FinalizationRegistry<number>((number) => this.entries.delete(number));
  private last = 0;

  insert(entry: object): number {
    const number = ++this.last;
    this.entries.set(number, new WeakRef(entry));
    this.gone.register(entry, number);
    return number;
  }

  get(number: number): object | undefined {
    return this.entries.get(number)?.deref();
  }
}
