/**
 * Puts together the HTTP responses that a server gives, out of the calls with which it makes them: so a replay has
 * them without a client. In WASI 0.2 bodies are resources of their own, in 0.3 streams. Handles are used again once
 * they are given away, as those of files are.
 */
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { channelsIn, keyOf } from './channel-ends.ts';
import type { Task } from './described-call.ts';
import type { PassageWatch, Said } from './passage.ts';
import { ResponseStreams } from './response-streams.ts';

export type Header = readonly [name: string, value: Uint8Array];

export interface HttpResponse {
  /** Number of the call with which it was given. */
  readonly event: number;
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: readonly Uint8Array[];
  /** What came after the body. */
  readonly trailers: readonly Header[];
  /**
   * Whether bytes are missing: of what the guest passed on without having it (`splice`, a stream that it was given) the trace
   * may keep less, or there were too many.
   */
  readonly cut: boolean;
}

/** What the trace keeps of what a call passed on. */
export interface Forwarded {
  readonly status: number | undefined;
  readonly headers: readonly Header[] | undefined;
  readonly trailers: readonly Header[] | undefined;
  /** Undefined where there is none. */
  readonly body: { readonly bytes: Uint8Array; readonly whole: boolean } | undefined;
}

interface Making {
  /** What the guest passed on when it made it. */
  forwarded: Forwarded | undefined;
  event: number | undefined;
  status: number;
  headers: readonly Header[];
  body: Uint8Array[];
  trailers: readonly Header[];
  size: number;
  cut: boolean;
}

/** Bytes of one body that are kept. */
const MAX_BODY = 256 << 20;

/** Responses that are made at once; a hostile log may have any number. */
const MAX_MAKING = 1000;

type Step = (responses: HttpResponses, said: Said) => void;

/** By interface and function; others make no response. */
const STEPS: Readonly<Record<string, Step>> = {
  'wasi:http/types fields.constructor': (own, { result }) => own.setFields(result, []),
  'wasi:http/types fields.from-list': (own, { args, result }) =>
    own.setFields(ok(result), itemsOf(args[0]).flatMap(headerOf)),
  'wasi:http/types fields.clone': (own, { args, result }) =>
    own.setFields(result, own.fieldsOf(args[0])),
  'wasi:http/types fields.append': (own, { args: [self, name, value] }) =>
    own.setFields(self, [...own.fieldsOf(self), [textOf(name), bytesOf(value)]]),
  'wasi:http/types fields.set': (own, { args: [self, name, values] }) =>
    own.setFields(self, [
      ...own.fieldsOf(self).filter(([one]) => !sameName(one, textOf(name))),
      ...itemsOf(values).map((value): Header => [textOf(name), bytesOf(value)]),
    ]),
  'wasi:http/types fields.delete': (own, { args: [self, name] }) =>
    own.setFields(
      self,
      own.fieldsOf(self).filter(([one]) => !sameName(one, textOf(name))),
    ),
  'wasi:http/types outgoing-response.constructor': (own, { args, result }) =>
    own.begin(result, own.fieldsOf(args[0])),
  'wasi:http/types outgoing-response.set-status-code': (own, { args: [self, code] }) =>
    own.setStatus(self, code),
  'wasi:http/types response.new': (own, { event, component, args, result }) => {
    const [headers, contents, trailers] = args;
    const [handle] = itemsOf(result);
    const forwarded = own.forwarded(event);
    const response = own.begin(handle, forwarded?.headers ?? own.fieldsOf(headers));
    response.forwarded = forwarded;
    // what the guest was given is passed on unseen
    if (!own.fills(response, component, contents, 'body')) own.forward(response, forwarded);
    own.fills(response, component, trailers, 'trailers');
  },
  'wasi:http/types response.set-status-code': (own, { args: [self, code] }) =>
    own.setStatus(self, code),
  'wasi:http/types outgoing-response.body': (own, { args, result }) =>
    own.bodies.set(own.keyOf(ok(result)), own.response(args[0])),
  'wasi:http/types outgoing-body.write': (own, { args, result }) =>
    own.sinks.set(own.keyOf(ok(result)), own.bodies.get(own.keyOf(args[0]))),
  'wasi:http/types outgoing-body.finish': (own, { args }) =>
    own.finish(own.bodies.get(own.keyOf(args[0]))),
  'wasi:http/types response-outparam.set': (own, { event, args }) => own.give(event, ok(args[1])),
  'wasi:io/streams output-stream.write': (own, { args: [self, data] }) => own.write(self, data),
  'wasi:io/streams output-stream.blocking-write-and-flush': (own, { args: [self, data] }) =>
    own.write(self, data),
  'wasi:io/streams output-stream.write-zeroes': (own, { args: [self, size] }) =>
    own.zeroes(self, size),
  'wasi:io/streams output-stream.blocking-write-zeroes-and-flush': (own, { args: [self, size] }) =>
    own.zeroes(self, size),
  'wasi:io/streams output-stream.splice': (own, said) => own.spliced(said),
  'wasi:io/streams output-stream.blocking-splice': (own, said) => own.spliced(said),
  'wasi:io/streams output-stream.drop': (own, { args }) => own.sinks.delete(own.keyOf(args[0])),
};

/** The function of a server of WASI 0.3. */
const HANDLER = 'wasi:http/handler handle';

export class HttpResponses implements PassageWatch {
  private readonly onResponse: (response: HttpResponse) => void;
  readonly forwarded: (event: number) => Forwarded | undefined;
  private readonly fields = new Map<string, readonly Header[]>();
  private readonly responses = new Map<string, Making>();
  /** Given by one component to another, by the number that they have there. */
  private readonly moving = new Map<number, Making>();
  /** Whose handles are passed. */
  private component = 0;
  readonly bodies = new Map<string, Making | undefined>();
  readonly sinks = new Map<string, Making | undefined>();
  /** Given, and not finished. */
  private readonly open = new Set<Making>();
  /** In WASI 0.3. */
  private readonly streams = new ResponseStreams<Making, Uint8Array | readonly Header[]>();

  /**
   * @param onResponse called for each when its body is finished
   * @param forwarded what a call passed on that the guest did not have
   */
  constructor(
    onResponse: (response: HttpResponse) => void,
    forwarded: (event: number) => Forwarded | undefined = () => undefined,
  ) {
    this.onResponse = onResponse;
    this.forwarded = forwarded;
  }

  /** A call was made, whose host may have refused it: then nothing came of it. */
  called({ interface: from, name }: WitFunction, said: Said): void {
    this.component = said.component;
    if (said.result?.kind === 'case' && said.result.name === 'err') return;
    STEPS[nameOf(from, name)]?.(this, said);
  }

  /** No more calls come: what was not finished is what the clients got. */
  end(): void {
    for (const response of this.open) this.finish(response);
  }

  fieldsOf(handle: WitValue | undefined): readonly Header[] {
    return this.fields.get(this.keyOf(handle)) ?? [];
  }

  setFields(handle: WitValue | undefined, headers: readonly Header[]): void {
    this.fields.set(this.keyOf(handle), headers);
  }

  response(handle: WitValue | undefined): Making | undefined {
    return this.responses.get(this.keyOf(handle)) ?? this.moving.get(handleOf(handle));
  }

  /** All handles of a component have numbers of one table. */
  keyOf(value: WitValue | undefined): string {
    return keyOf(this.component, handleOf(value));
  }

  moved(given: number, got: number): void {
    if (this.responses.size > MAX_MAKING) this.responses.clear();
    const keys = [...this.responses.keys()].filter((key) => key.endsWith(` ${given}`));
    const [key = ''] = keys;
    const response = this.responses.get(key) ?? this.moving.get(given);
    this.moving.delete(given);
    this.moving.delete(got);
    for (const one of keys) this.responses.delete(one);
    // of several it is not told which
    if (keys.length <= 1 && response !== undefined) this.moving.set(got, response);
  }

  begin(handle: WitValue | undefined, headers: readonly Header[]): Making {
    const making: Making = {
      forwarded: undefined,
      event: undefined,
      status: 200,
      headers,
      body: [],
      trailers: [],
      size: 0,
      cut: false,
    };
    this.moving.delete(handleOf(handle));
    this.responses.set(this.keyOf(handle), making);
    return making;
  }

  setStatus(handle: WitValue | undefined, code: WitValue | undefined): void {
    const response = this.response(handle);
    if (response && code?.kind === 'plain') response.status = Number(code.text);
  }

  /** A part of a response comes out of a stream or a future. @returns false where the guest does not fill it */
  fills(
    response: Making,
    component: number,
    source: WitValue | undefined,
    part: 'body' | 'trailers',
  ): boolean {
    const [end] = source === undefined ? [] : channelsIn(source);
    return end === undefined || this.streams.fills(component, end.handle, response, part);
  }

  made(component: number, readable: number, writable: number): void {
    this.streams.made(component, readable, writable);
  }

  writes(component: number, writable: number, data: WitValue): void {
    this.component = component;
    const part = this.streams.partOf(component, writable);
    if (part === 'body') this.streams.writes(component, writable, bytesOf(data));
    if (part !== 'trailers') return;
    const value = ok(data);
    const fields = value?.kind === 'case' ? this.fieldsOf(value.value) : [];
    this.streams.writes(component, writable, fields);
  }

  wrote(component: number, writable: number, count: number): void {
    const done = this.streams.wrote(component, writable, count);
    if (done === undefined) return;
    const { of, written } = done;
    if (written instanceof Uint8Array) this.append(of, written);
    else {
      of.trailers = written;
      this.dropped(component, writable);
    }
  }

  dropped(component: number, handle: number): void {
    const of = this.streams.ended(component, handle);
    if (of !== undefined && !this.streams.isFilling(of)) this.finish(of);
  }

  /** A server of WASI 0.3 gives its response. */
  returned(
    { interface: from, name }: Task,
    component: number,
    value: WitValue | undefined,
    event: number,
  ): void {
    this.component = component;
    const given = ok(value);
    if (nameOf(from, name) !== HANDLER || given === undefined) return;
    const response = this.response(given) ?? this.passedOn(given, event);
    this.responses.delete(this.keyOf(given));
    this.moving.delete(handleOf(given));
    response.event = event;
    this.open.add(response);
    if (!this.streams.isFilling(response)) this.finish(response);
  }

  /** One that the guest did not make itself it has from someone else. */
  private passedOn(given: WitValue, event: number): Making {
    const forwarded = this.forwarded(event);
    const response = this.begin(given, forwarded?.headers ?? []);
    response.status = forwarded?.status ?? response.status;
    response.forwarded = forwarded;
    this.forward(response, forwarded);
    return response;
  }

  /** The body comes of what was passed on. */
  forward(response: Making, forwarded: Forwarded | undefined): void {
    const body = forwarded?.body;
    if (body !== undefined) this.append(response, body.bytes);
    if (body?.whole !== true) response.cut = true;
  }

  give(event: number, handle: WitValue | undefined): void {
    const response = this.response(handle);
    if (response === undefined) return;
    response.event = event;
    response.headers = this.forwarded(event)?.headers ?? response.headers;
    this.open.add(response);
  }

  write(sink: WitValue | undefined, data: WitValue | undefined): void {
    this.add(sink, bytesOf(data));
  }

  zeroes(sink: WitValue | undefined, size: WitValue | undefined): void {
    const count = countOf(size);
    const response = this.sinks.get(this.keyOf(sink));
    if (count > MAX_BODY && response) response.cut = true;
    else this.add(sink, new Uint8Array(count));
  }

  spliced({ event, args: [sink], result }: Said): void {
    const response = this.sinks.get(this.keyOf(sink));
    if (response === undefined || countOf(ok(result)) === 0) return;
    this.forward(response, this.forwarded(event));
  }

  finish(response: Making | undefined): void {
    if (response === undefined || !this.open.delete(response)) return;
    const { event = 0, status, headers, body, cut, forwarded } = response;
    const trailers = response.trailers.length > 0 ? response.trailers : forwarded?.trailers;
    this.onResponse({ event, status, headers, body, trailers: trailers ?? [], cut });
  }

  private add(sink: WitValue | undefined, bytes: Uint8Array): void {
    const response = this.sinks.get(this.keyOf(sink));
    if (response !== undefined) this.append(response, bytes);
  }

  private append(response: Making, bytes: Uint8Array): void {
    response.size += bytes.length;
    if (response.size > MAX_BODY) response.cut = true;
    else response.body.push(bytes);
  }
}

function nameOf(from: string, name: string): string {
  return `${from.replace(/@.*/, '')} ${name}`;
}

/** Of a result the value that it has where all is well. */
function ok(value: WitValue | undefined): WitValue | undefined {
  return value?.kind === 'case' && value.name === 'ok' ? value.value : undefined;
}

function countOf(value: WitValue | undefined): number {
  return value?.kind === 'plain' ? Number(value.text) : 0;
}

function handleOf(value: WitValue | undefined): number {
  return value?.kind === 'handle' ? value.handle : -1;
}

function textOf(value: WitValue | undefined): string {
  return value?.kind === 'string' ? value.text : '';
}

function bytesOf(value: WitValue | undefined): Uint8Array {
  return value?.kind === 'bytes' ? value.bytes.slice() : new Uint8Array(0);
}

function itemsOf(value: WitValue | undefined): readonly WitValue[] {
  return value?.kind === 'list' || value?.kind === 'tuple' ? value.items : [];
}

function headerOf(value: WitValue): Header[] {
  if (value.kind !== 'tuple') return [];
  return [[textOf(value.items[0]), bytesOf(value.items[1])]];
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
