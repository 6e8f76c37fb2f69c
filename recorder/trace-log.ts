/**
 * From the rings of a guest's thread into its trace, for as long as that can be written; after that, what the
 * guest logs is thrown away, so that it need not wait for room.
 */
import { WasiRrError } from '../errors.ts';
import type { LoggedFunction } from '../traces/events.ts';
import { uptimeMs } from '../traces/uptime.ts';
import type { TraceWriter } from '../traces/writer.ts';
import { CoreMeanings } from '../wasi/component/core-meanings.ts';
import { readNotes } from './chaos/injection-notes.ts';
import { ComponentIndexing } from './component/component-indexing.ts';
import type { Announcement } from './component/component-messages.ts';
import type { GuestProgram } from './guest-program.ts';
import { LogSink, type Stored } from './log-sink.ts';
import { ModuleIndexing } from './module-indexing.ts';
import { createRing, RingReader } from './ring.ts';

/** Milliseconds between looks at a ring. What a guest logged before it fell silent is stored after two. */
const POLL_MS = 4;

/**
 * Milliseconds after which all is stored of a guest that is not silent: what a power failure takes from a trace that
 * survives one, and whoever follows it waits for. For a killed recorder the guest's thread keeps it (ring.ts). At 12 ms
 * programs of nothing but calls took a tenth to a quarter longer.
 */
const STORE_MS = 50;

/** Bytes taken from a ring after which more is likely to be there already. */
const BUSY = 32 << 10;

/** Memory that the guest's thread shares. */
export interface Rings {
  readonly log: SharedArrayBuffer;
  /** For what the faults of a chaotic run say of themselves. */
  readonly notes: SharedArrayBuffer | undefined;
}

export class TraceLog {
  readonly rings: Rings;
  /** The functions that the program is known to import and export from the start. */
  readonly firstFunctions: readonly LoggedFunction[];
  private readonly writer: TraceWriter;
  private readonly ring: RingReader;
  private readonly notes: RingReader | undefined;
  private readonly sink: LogSink;
  /** The trace's dictionary, which a component's grows while it runs. */
  private readonly functions: Map<number, LoggedFunction>;
  /** What the functions of a component stand for. */
  private readonly meanings: CoreMeanings;
  private readonly onLost: (error: WasiRrError) => void;
  private readonly faults: Record<string, number> = {};
  private timer: NodeJS.Timeout | undefined;
  /** How far the guest had come at the last look. */
  private seen = 0;
  /** When all that there was was stored. */
  private storedMs = 0;
  private ended = false;
  private failure: WasiRrError | undefined;

  /** @param onLost called when the trace cannot be written any more */
  constructor(
    writer: TraceWriter,
    program: GuestProgram,
    chaotic: boolean,
    onLost: (error: WasiRrError) => void,
  ) {
    this.writer = writer;
    this.onLost = onLost;
    this.rings = { log: createRing(), notes: chaotic ? createRing() : undefined };
    this.ring = new RingReader(this.rings.log);
    this.notes = this.rings.notes && new RingReader(this.rings.notes);
    this.firstFunctions =
      program.kind === 'module' ? [...program.imports, ...program.exports.values()] : [];
    this.functions = new Map(this.firstFunctions.map((func) => [func.id, func]));
    this.meanings = new CoreMeanings(
      program.kind === 'component' ? program.surface?.words : undefined,
    );
    const indexing =
      program.kind === 'module'
        ? new ModuleIndexing(this.functions)
        : new ComponentIndexing(this.functions, this.meanings);
    this.sink = new LogSink(writer, indexing);
  }

  /** What is in the trace. */
  get stored(): Stored {
    return this.sink.stored;
  }

  /** Why nothing more can be written; undefined where it can. */
  get lost(): WasiRrError | undefined {
    return this.failure;
  }

  /** How often each fault was injected; undefined without chaos. */
  get injected(): Readonly<Record<string, number>> | undefined {
    return this.notes && this.faults;
  }

  /** Takes what comes, until {@link end}. */
  start(): void {
    if (this.ended) return;
    const busy = this.drain(!this.isAllDue()) > BUSY;
    this.write(() => this.writer.checkThere());
    // a guest that fills the ring is served again at once, but signals and messages in between
    if (busy) setImmediate(() => this.start());
    else this.timer = setTimeout(() => this.start(), POLL_MS);
  }

  /**
   * Whether a segment is to be stored that may still become longer: a guest that goes on logging saves its log
   * itself, and what is stored in small pieces is compressed again with each.
   */
  private isAllDue(): boolean {
    const now = uptimeMs();
    const written = this.ring.written;
    const silent = written === this.seen;
    this.seen = written;
    if (!silent && now - this.storedMs < STORE_MS) return false;
    this.storedMs = now;
    return true;
  }

  /**
   * Takes the rest: the guest's thread logs nothing more.
   * @param cutOff the guest was ended from outside, possibly in a call, which is then logged as one that did
   *   not return
   */
  end(cutOff: boolean): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.drain();
    const half = cutOff && this.ring.half();
    this.write(() => {
      if (half) this.sink.takeHalf(half);
      this.sink.flush();
      this.sink.finish();
    });
  }

  /** Before any event that names them. */
  announce({ instance, functions }: Announcement): void {
    this.write(() => {
      this.writer.addFunctions(functions);
      if (instance) this.writer.addInstance(instance);
    });
    if (instance) this.meanings.add(instance);
    for (const func of functions) this.functions.set(func.id, func);
  }

  /** Does work that writes to the trace, unless that fails or has failed before. */
  write(work: () => void): void {
    if (this.failure !== undefined) return;
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof WasiRrError)) throw thrown;
      this.failure = thrown;
      this.onLost(thrown);
    }
  }

  /** @returns how many bytes there were */
  private drain(wholeBlocks = false): number {
    let taken = 0;
    this.ring.drain((records) => {
      taken += records.length;
      // stored before their room is free: the guest must not run further ahead of what is safe
      this.write(() => {
        this.sink.take(records);
        this.sink.flush();
      });
    }, wholeBlocks);
    this.notes?.drain((bytes) => {
      taken += bytes.length;
      this.write(() => this.addInjections(bytes));
    });
    return taken;
  }

  private addInjections(bytes: Uint8Array): void {
    const injections = readNotes(bytes);
    for (const { fault } of injections) this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    this.writer.addInjections(injections);
  }
}
