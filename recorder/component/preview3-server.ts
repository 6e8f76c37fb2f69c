/**
 * Serves requests with a component of WASI 0.3 (`wasi:http/handler`), which answers several at once. The
 * server lives in the guest's thread.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FutureReader, future } from '@bytecodealliance/preview3-shim/future';
import * as http from '@bytecodealliance/preview3-shim/http';
import { readableByteStreamFromReader, StreamReader } from '@bytecodealliance/preview3-shim/stream';
import { messageOf } from '../../errors.ts';
import type { ForwardedPart } from '../../traces/forwarded.ts';
import type { Address } from '../network/messages.ts';
import { headerLines } from './foreign-headers.ts';
import type { ForwardedStreams } from './forwarded-streams.ts';
import type { ForwardedBytes, Forwarding } from './forwarding.ts';
import type { OpenRequest, RequestNotes } from './request-notes.ts';
import type { Server, ServerParts } from './served-program.ts';

type Entries = readonly (readonly [string, Uint8Array])[];

interface Response {
  getStatusCode(): number;
  getHeaders(): { copyAll(): Entries };
}

interface Request {
  setMethod(method: { readonly tag: string; readonly val?: string }): void;
  setPathWithQuery(path: string): void;
  setScheme(scheme: { readonly tag: string }): void;
  setAuthority(authority: string): void;
}

/** What the shim has, besides what it says of itself. */
interface ShimHttp {
  _fieldsFromEntriesChecked(entries: Entries): object;
  _trailerResultFromEntries(entries: Entries): unknown;
  _readTrailersForTransport(trailers: object): Promise<Entries | undefined>;
  readonly _forbiddenHeaders: { readonly value: ReadonlySet<string> };
  readonly Request: {
    new: (headers: object, body: object, trailers: object, options: null) => [Request, object];
  };
  readonly Response: { consumeBody(response: Response, done: object): [object | null, object] };
}

const shim = http as unknown as ShimHttp;

const METHODS = new Set('get head post put delete connect options trace patch'.split(' '));

const FAILED = 500;

const CLIENT_GONE = 'the client is gone';

/** What WASI calls a connection that is gone. */
const GONE = { tag: 'connection-terminated' };

export interface LaterAnswer {
  readonly response: unknown;
  /** Is rejected where the guest fails that has still to give the body. */
  readonly failed: Promise<never>;
}

/** What the component exports. */
export type RequestHandler = (request: object) => Promise<LaterAnswer>;

export class Preview3Server implements Server {
  private readonly server;
  private readonly notes: RequestNotes;
  private readonly handler: RequestHandler;
  private readonly forwarding: Forwarding;
  private readonly forwarded: ForwardedStreams;

  /** @param handler answers a request; rejected where the guest fails */
  constructor({ notes, forwarding, forwarded }: ServerParts, handler: RequestHandler) {
    this.notes = notes;
    this.forwarding = forwarding;
    this.forwarded = forwarded;
    this.handler = handler;
    this.server = createServer((incoming, outgoing) => {
      const { method = 'GET', url = '/' } = incoming;
      void notes.answer(method, url, (open) => this.handle(open, incoming, outgoing));
    });
  }

  listen({ host, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        const { address, port: actual } = this.server.address() as AddressInfo;
        resolve({ host: address, port: actual });
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
  }

  private async handle(
    open: OpenRequest,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    try {
      const answer = await this.handler(requestOf(incoming, this.forwarded));
      const response = answer.response as Response;
      open.status = response.getStatusCode();
      await Promise.race([send(response, outgoing, this.keeper(response, open)), answer.failed]);
    } catch (thrown) {
      open.failure = failureOf(thrown);
      if (outgoing.headersSent) outgoing.destroy();
      else {
        open.status = FAILED;
        outgoing.writeHead(FAILED).end();
      }
    }
    this.notes.done(open);
  }

  /** What is to be kept of a response that goes out: all of one that the guest did not make, and else what comes last. */
  private keeper(response: Response, { givenWith }: OpenRequest): ResponseKeeper {
    const { forwarding, forwarded } = this;
    const own = forwarded.madeWith(response);
    const event = own ?? givenWith;
    if (event === undefined) return NO_KEEPER;
    const lines = (part: ForwardedPart, entries: Entries) =>
      forwarding.all(event, part, headerLines(entries));
    const trailers = (entries: Entries) => entries.length > 0 && lines('trailers', entries);
    if (own !== undefined) return { ...NO_KEEPER, trailers };
    forwarding.all(event, 'status', Buffer.from(String(response.getStatusCode())));
    lines('headers', response.getHeaders().copyAll());
    return { body: forwarding.begin(event, 'body'), hasRoom: () => forwarding.hasRoom(), trailers };
  }
}

/** Is told what goes out. */
interface ResponseKeeper {
  readonly body: Pick<ForwardedBytes, 'add' | 'end'> | undefined;
  readonly hasRoom: () => Promise<void> | undefined;
  readonly trailers: (entries: Entries) => void;
}

const NO_KEEPER: ResponseKeeper = {
  body: undefined,
  hasRoom: () => undefined,
  trailers: () => undefined,
};

function requestOf(incoming: IncomingMessage, forwarded: ForwardedStreams): object {
  const entries = entriesOf(incoming.headersDistinct).filter(
    ([name]) => !shim._forbiddenHeaders.value.has(name),
  );
  const trailers = new Promise((resolve) => {
    incoming.once('close', () =>
      resolve(
        incoming.errored === null
          ? shim._trailerResultFromEntries(entriesOf(incoming.trailersDistinct))
          : { tag: 'err', val: GONE },
      ),
    );
  });
  const body = forwarded.body(bodyOf(incoming));
  const [request] = shim.Request.new(
    shim._fieldsFromEntriesChecked(entries),
    new StreamReader(body.bytes),
    new FutureReader(trailers),
    null,
  );
  body.of(request);
  const method = (incoming.method ?? 'GET').toLowerCase();
  request.setMethod(METHODS.has(method) ? { tag: method } : { tag: 'other', val: method });
  request.setPathWithQuery(incoming.url ?? '/');
  request.setScheme({ tag: 'HTTP' });
  if (incoming.headers.host !== undefined) request.setAuthority(incoming.headers.host);
  return request;
}

/** Ends where the client hangs up: a stream of WASI has no other end, and the trailers say why. */
async function* bodyOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of incoming) yield bytes as Uint8Array;
  } catch {
    // nothing else goes wrong with a body
  }
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  keeper: ResponseKeeper,
): Promise<void> {
  const { tx, rx } = future();
  // the program need not ask
  const tell = (how: object) => void tx.write(how).catch(() => undefined);
  try {
    await sendWith(rx, response, outgoing, keeper);
  } catch (thrown) {
    tell({ tag: 'err', val: GONE });
    throw thrown;
  }
  tell({ tag: 'ok', val: undefined });
}

/** @param sent resolves where all is sent @throws what came in between */
async function sendWith(
  sent: object,
  response: Response,
  outgoing: ServerResponse,
  keeper: ResponseKeeper,
): Promise<void> {
  const headers = response.getHeaders().copyAll();
  const [body, trailers] = shim.Response.consumeBody(response, sent);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
  outgoing.writeHead(
    response.getStatusCode(),
    headers.flatMap(([name, value]) => [name, text(value)]),
  );
  if (body) outgoing.flushHeaders();
  if (body) {
    for await (const bytes of readableByteStreamFromReader(body, { name: 'response body' })) {
      if (!stillThere(outgoing).write(bytes)) await roomIn(outgoing);
      keeper.body?.add(bytes);
      await keeper.hasRoom();
    }
  }
  keeper.body?.end();
  const fields = await shim._readTrailersForTransport(trailers);
  if (fields) {
    keeper.trailers(fields);
    outgoing.addTrailers(fields.map(([name, value]) => [name, text(value)] as const));
  }
  await allOf(stillThere(outgoing));
}

function stillThere(outgoing: ServerResponse): ServerResponse {
  if (outgoing.destroyed) throw new Error(CLIENT_GONE);
  return outgoing;
}

/** All of it has gone to the system. */
function allOf(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.once('close', () => reject(new Error(CLIENT_GONE)));
    outgoing.end(resolve);
  });
}

/** Room in the socket, or nobody there any more. */
function roomIn(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', gone);
      resolve();
    };
    const gone = () => {
      outgoing.off('drain', done);
      reject(new Error(CLIENT_GONE));
    };
    outgoing.once('drain', done);
    outgoing.once('close', gone);
  });
}

function entriesOf(headers: Readonly<Record<string, string[] | undefined>>): Entries {
  return Object.entries(headers).flatMap(([name, values = []]) =>
    values.map((value) => [name, Buffer.from(value, 'latin1')] as const),
  );
}

/** An error of WASI has no message. */
function failureOf(thrown: unknown): string {
  if (thrown instanceof Error) return messageOf(thrown);
  const { tag } = (thrown ?? {}) as { readonly tag?: string };
  return `the program gave an error${tag === undefined ? '' : `: ${tag}`}`;
}
