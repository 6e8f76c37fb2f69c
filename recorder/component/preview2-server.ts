/**
 * Serves requests with a component of WASI 0.2 (`wasi:http/incoming-handler`). The shim's server runs in a
 * thread of its own, so that the guest can wait for it; requests that come together are answered one after
 * the other. Changes classes of the shim: this is for a thread that runs one component.
 */
import * as http from '@bytecodealliance/preview2-shim/http';
import { callExtension } from '@bytecodealliance/preview2-shim/io-worker';
import { workerUrl } from '../../worker-url.ts';
import type { Address } from '../network/messages.ts';
import { ForeignHeaders, headerLines } from './foreign-headers.ts';
import type { Forwarding } from './forwarding.ts';
import { ABANDON } from './lost-clients-worker.ts';
import type { OpenRequest, RequestNotes } from './request-notes.ts';
import type { Server, ServerParts } from './served-program.ts';

interface IncomingRequest {
  method(): { readonly tag: string; readonly val?: string };
  pathWithQuery(): string | undefined;
}

interface OutgoingResponse {
  statusCode(): number;
  setStatusCode(code: number): void;
  body(): object;
  headers(): Headers;
}

interface Headers {
  entries(): readonly (readonly [string, Uint8Array])[];
}

interface ShimClass {
  readonly prototype: Record<string, undefined>;
}

type Given = { readonly tag: 'ok'; readonly val: OutgoingResponse } | { readonly tag: 'err' };

interface HttpTypes {
  readonly Fields: (new () => object) & ShimClass;
  readonly IncomingRequest: ShimClass;
  readonly IncomingResponse: ShimClass;
  readonly OutgoingResponse: {
    new (headers: object): OutgoingResponse;
    prototype: OutgoingResponse;
  };
  readonly OutgoingBody: { finish(body: object, trailers: undefined): void };
  readonly ResponseOutparam: { set(param: object, response: Given): void };
}

interface ShimServer {
  listen(port: number, host: string): void;
  address(): { readonly address: string; readonly port: number };
  stop(): void;
}

/** What the component exports. It does not return before it is done with a request. */
export type IncomingHandler = (request: object, out: object) => void;

/** `405` and the like are the guest's to give. */
const FAILED = 500;

const WORKER = workerUrl('recorder/component/lost-clients-worker');

export class Preview2Server implements Server {
  private readonly server: ShimServer;
  private readonly types: HttpTypes;
  private readonly notes: RequestNotes;
  private readonly forwarding: Forwarding;
  private readonly foreign = new ForeignHeaders();
  private readonly answering = new WeakMap<object, OpenRequest>();
  /** Response → its body. */
  private readonly bodies = new WeakMap<object, object>();
  private readonly ended = new WeakSet<object>();
  private readonly given = new WeakMap<OpenRequest, OutgoingResponse>();
  private requests = 0;

  /** @param handler answers a request; throws where the guest fails */
  constructor({ imports, notes, forwarding }: ServerParts, handler: IncomingHandler) {
    this.types = imports['wasi:http/types'] as unknown as HttpTypes;
    this.notes = notes;
    this.forwarding = forwarding;
    const { IncomingRequest, IncomingResponse, Fields } = this.types;
    this.foreign.ofMessages([IncomingRequest, IncomingResponse], 'headers');
    this.foreign.ofCopies(Fields);
    this.watchBodies();
    this.watchResponses();
    this.watchEnds();
    callExtension(WORKER, 'watch', []);
    const { HTTPServer } = http as unknown as {
      HTTPServer: new (handler: { handle: IncomingHandler }) => ShimServer;
    };
    this.server = new HTTPServer({
      handle: (request, out) => this.handle(request as IncomingRequest, out, handler),
    });
  }

  listen({ host, port }: Address): Promise<Address> {
    // the shim waits for its thread, and throws
    return new Promise((resolve) => {
      this.server.listen(port, host);
      const { address, port: actual } = this.server.address();
      resolve({ host: address, port: actual });
    });
  }

  /** Requests that are here are answered first: the shim cannot be stopped while it waits for the guest. */
  async close(): Promise<void> {
    for (let seen = -1; seen !== this.requests; ) {
      seen = this.requests;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.server.stop();
  }

  private handle(request: IncomingRequest, out: object, handler: IncomingHandler): void {
    this.requests++;
    const { tag, val } = request.method();
    const method = (val ?? tag).toUpperCase();
    this.notes.answer(method, request.pathWithQuery() ?? '/', (open) => {
      this.answering.set(out, open);
      try {
        handler(request, out);
      } catch (thrown) {
        open.failure ??= String((thrown as Error)?.message ?? thrown);
      }
      if (open.status === null) {
        open.failure ??= 'the program gave no response';
        this.types.ResponseOutparam.set(out, { tag: 'err' });
      } else this.end(open);
      this.notes.done(open);
    });
  }

  /** Nobody writes to it any more. */
  private end(open: OpenRequest): void {
    const response = this.given.get(open);
    const body = response && this.bodies.get(response);
    if (body === undefined || this.ended.has(body)) return;
    const wasThere = callExtension(WORKER, ABANDON, []);
    open.failure ??= wasThere ? 'the program did not end its response' : 'the client is gone';
  }

  private watchBodies(): void {
    const { bodies } = this;
    const { prototype } = this.types.OutgoingResponse;
    const { body } = prototype;
    prototype.body = function (this: OutgoingResponse) {
      const made = body.call(this);
      bodies.set(this, made);
      return made;
    };
  }

  private watchEnds(): void {
    const { types, ended } = this;
    const { finish } = types.OutgoingBody;
    types.OutgoingBody.finish = (body, trailers) => {
      finish(body, trailers);
      ended.add(body);
    };
  }

  /** The shim knows no response without a body, and ends the process where the guest gives an error. */
  private watchResponses(): void {
    const { types, answering, bodies, given: gave } = this;
    const { set } = types.ResponseOutparam;
    types.ResponseOutparam.set = (param, given) => {
      const response = given.tag === 'ok' ? given.val : this.failed();
      this.keepHeaders(response);
      if (!bodies.has(response)) types.OutgoingBody.finish(response.body(), undefined);
      const open = answering.get(param);
      if (open) {
        open.status = response.statusCode();
        gave.set(open, response);
        if (given.tag === 'err') open.failure ??= 'the program gave an error';
      }
      set(param, { tag: 'ok', val: response });
    };
  }

  /** What the guest passes on of what it was sent is nowhere else. */
  private keepHeaders(response: OutgoingResponse): void {
    const headers = response.headers();
    const event = this.forwarding.event('response-outparam.set');
    if (event === undefined || !this.foreign.has(headers)) return;
    this.forwarding.all(event, 'headers', headerLines(headers.entries()));
  }

  private failed(): OutgoingResponse {
    const { Fields, OutgoingResponse } = this.types;
    const response = new OutgoingResponse(new Fields());
    response.setStatusCode(FAILED);
    return response;
  }
}
