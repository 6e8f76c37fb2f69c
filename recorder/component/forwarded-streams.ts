/**
 * Streams of WASI 0.3 that a guest got from its host and gives back to it unread: what goes through is kept. jco moves it from
 * one host to the other by itself; which streams the host fills, the generated program says (generated-patches.ts).
 * Changes classes of the shim: this is for a thread that runs one component.
 */
import { _byteChunk as byteChunk } from '@bytecodealliance/preview3-shim/stream';
import type { CoreFunction } from './core-boundary.ts';
import { ForeignHeaders, headerLines } from './foreign-headers.ts';
import type { ForwardedBytes, Forwarding } from './forwarding.ts';

/** jco's end of a stream that it gives to a host. */
interface ReadableEnd {
  /** As the patches of the generated program leave it. */
  readonly filledByHost?: boolean;
}

interface Source {
  read(options: unknown): Promise<unknown>;
  [Symbol.dispose]?(): void;
}

type Entries = readonly (readonly [string, Uint8Array])[];

type Make = (headers: object, contents: unknown, ...rest: unknown[]) => [object, object];

export interface ShimTypes {
  readonly Request: { new: Make; prototype: Record<string, undefined> };
  readonly Response: { new: Make; prototype: Record<string, undefined> };
  readonly Fields: { prototype: Record<string, undefined> };
}

export interface TakingClass {
  readonly prototype: Record<string, unknown>;
}

/** Methods that take a stream as their first argument. */
const TAKING = ['writeViaStream', 'appendViaStream', 'send'];

/** Functions that jco begins after other things have happened. */
const LATER = new Set([
  'send',
  'tcp-socket.send',
  'descriptor.write-via-stream',
  'descriptor.append-via-stream',
]);

export class ForwardedStreams {
  private readonly forwarding: Forwarding;
  private readonly filledByHost = new WeakSet<object>();
  private readonly foreign = new ForeignHeaders();
  /** What the guest made → the call with which it did. */
  private readonly made = new WeakMap<object, number>();
  /** Bodies of requests that came, should one be passed on as a whole. */
  private readonly incoming = new WeakMap<object, { kept: ForwardedBytes | undefined }>();

  constructor(forwarding: Forwarding) {
    this.forwarding = forwarding;
  }

  /** Told by the generated program of each stream that a host gets. */
  readonly lifted = (stream: object, end: ReadableEnd | undefined): object => {
    if (end?.filledByHost) this.filledByHost.add(stream);
    return stream;
  };

  /** @returns what is to answer a function of an interface in place of the host */
  readonly lowered = (name: string, host: CoreFunction): CoreFunction =>
    LATER.has(name) ? this.forwarding.following(host) : host;

  /** @param types of HTTP, which are changed */
  watchHttp({ Request, Response, Fields }: ShimTypes): void {
    const isGuests = (message: object) => this.made.has(message);
    this.foreign.ofMessages([Request, Response], 'getHeaders', isGuests);
    this.foreign.ofCopies(Fields);
    for (const [of, name] of [
      [Request, 'request.new'],
      [Response, 'response.new'],
    ] as const) {
      const make = of.new;
      of.new = (headers, contents, ...rest) => {
        const event = this.forwarding.event(name);
        // the shim's own
        if (event === undefined) return make(headers, contents, ...rest);
        if (this.foreign.has(headers)) {
          const entries = (headers as { copyAll(): Entries }).copyAll();
          this.forwarding.all(event, 'headers', headerLines(entries));
        }
        const made = make(headers, this.kept(contents, event), ...rest);
        this.made.set(made[0], event);
        return made;
      };
    }
  }

  /** @param of a class, which is changed */
  watchTaking({ prototype }: TakingClass): void {
    for (const name of TAKING) {
      const method = prototype[name] as
        | ((data: unknown, ...rest: unknown[]) => unknown)
        | undefined;
      if (method === undefined) continue;
      const { forwarding } = this;
      const kept = (data: unknown) => this.kept(data, forwarding.event());
      prototype[name] = function (this: object, data: unknown, ...rest: unknown[]) {
        return method.call(this, kept(data), ...rest);
      };
    }
  }

  /** The call with which the guest made a message; undefined for one that it has from its host. */
  madeWith(message: object): number | undefined {
    return this.made.get(message);
  }

  /** The body of a request that comes, kept should the guest pass on the request as a whole. */
  body(of: AsyncIterable<Uint8Array>): {
    readonly bytes: AsyncIterable<Uint8Array>;
    of(request: object): void;
  } {
    const slot: { kept: ForwardedBytes | undefined } = { kept: undefined };
    const { forwarding } = this;
    async function* bytes() {
      for await (const chunk of of) {
        slot.kept?.add(chunk);
        yield chunk;
        await forwarding.hasRoom();
      }
      slot.kept?.end();
    }
    return { bytes: bytes(), of: (request) => void this.incoming.set(request, slot) };
  }

  /** The guest sends a request, perhaps one that came. */
  sends(request: object): void {
    const slot = this.incoming.get(request);
    const event = this.forwarding.event();
    if (slot !== undefined && event !== undefined) slot.kept = this.forwarding.begin(event, 'body');
  }

  /** @returns in place of a stream one that keeps what is read of it */
  private kept(stream: unknown, event: number | undefined): unknown {
    if (event === undefined || typeof stream !== 'object' || stream === null) return stream;
    if (!this.filledByHost.has(stream)) return stream;
    return new KeptStream(stream as Source, this.forwarding, this.forwarding.begin(event, 'body'));
  }
}

class KeptStream implements Source {
  private readonly source: Source;
  private readonly forwarding: Forwarding;
  private readonly bytes: ForwardedBytes;

  constructor(source: Source, forwarding: Forwarding, bytes: ForwardedBytes) {
    this.source = source;
    this.forwarding = forwarding;
    this.bytes = bytes;
  }

  async read(options: unknown): Promise<unknown> {
    const result = await this.source.read(options);
    const { done, value } = resultOf(result);
    if (value !== undefined && value !== null) this.bytes.add(byteChunk(value));
    if (done) this.bytes.end();
    else await this.forwarding.hasRoom();
    return result;
  }

  [Symbol.dispose](): void {
    this.bytes.end();
    this.source[Symbol.dispose]?.();
  }
}

/** What jco's streams give is one of an iterator, or bare. */
function resultOf(given: unknown): { readonly done: boolean; readonly value: unknown } {
  const result = given as { readonly done?: unknown; readonly value?: unknown } | null;
  if (typeof result?.done === 'boolean') return { done: result.done, value: result.value };
  return { done: result === null, value: result };
}
