/** Fills the call index from the log of a Preview 1 module: a scanner and what puts its calls into words. */
import type { CallIndex } from '../traces/call-index.ts';
import { CallScanner } from '../traces/call-scanner.ts';
import type { LoggedFunction } from '../traces/events.ts';
import { CallIndexer } from './call-indexer.ts';

/** What reads a log as it grows, and indexes its calls. */
export interface LogIndexing {
  /** Events and calls so far. */
  readonly eventCount: number;
  readonly callCount: number;
  /** Nanoseconds since the start at which the last event ended. */
  readonly nowNs: number;
  /** Whether something was read that belongs to an event which was not. */
  readonly hasParts: boolean;
  /** Memory after the last event, in pages of 64 KiB. */
  readonly pages: number;
  /** Indexes the calls of whole records, which may be reused afterwards. */
  scan(records: Uint8Array, index: CallIndex): void;
  /** No more records come. */
  finish(index: CallIndex): void;
}

export class ModuleIndexing implements LogIndexing {
  private readonly scanner: CallScanner;
  private readonly indexer = new CallIndexer();

  constructor(functions: ReadonlyMap<number, LoggedFunction>) {
    this.scanner = new CallScanner(functions);
  }

  get eventCount(): number {
    return this.scanner.eventCount;
  }

  get callCount(): number {
    return this.indexer.callCount;
  }

  get nowNs(): number {
    return this.scanner.nowNs;
  }

  get hasParts(): boolean {
    return this.scanner.hasParts;
  }

  get pages(): number {
    return this.scanner.pages;
  }

  scan(records: Uint8Array, index: CallIndex): void {
    this.scanner.feed(records);
    this.indexer.index(this.scanner, index);
  }

  finish(): void {
    // every call is indexed when it is read
  }
}
