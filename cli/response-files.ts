/** `replay --responses`: what a replayed HTTP server answered, a file a request, named by the request's number. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import {
  type Header,
  type HttpResponse,
  messageOf,
  openTrace,
  RequestSpans,
  type ServedRequest,
  WasiRrError,
} from '../index.ts';

/** @throws WasiRrError OPTION_INVALID for what is no server's trace, OUTPUT_UNWRITABLE */
export function openResponses(path: string, folder: string): ResponseFiles {
  const trace = openTrace(path);
  try {
    const { serving } = trace.meta;
    if (serving === undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `--responses: ${path} is no recording of an HTTP server (record --serve).`,
      );
    }
    mkdirSync(folder, { recursive: true });
    return new ResponseFiles(folder, trace.requests());
  } catch (cause) {
    if (cause instanceof WasiRrError) throw cause;
    throw unwritable(folder, cause);
  } finally {
    trace.close();
  }
}

export class ResponseFiles {
  private readonly folder: string;
  private readonly requests: readonly ServedRequest[];
  private readonly spans: RequestSpans;
  private written = 0;
  private cut = 0;

  constructor(folder: string, requests: readonly ServedRequest[]) {
    this.folder = folder;
    this.requests = requests;
    this.spans = new RequestSpans(requests);
  }

  /** @throws WasiRrError OUTPUT_UNWRITABLE */
  add(response: HttpResponse): void {
    const { event, status, headers, body, trailers, cut } = response;
    const request = this.spans.at(event);
    const name = request === undefined ? `event-${event}` : String(request.id);
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`.trim(), ...linesOf(headers)];
    const start = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
    this.write(`${name}.http`, Buffer.concat([start, ...body]));
    if (trailers.length > 0) {
      this.write(
        `${name}.trailers`,
        Buffer.from(`${linesOf(trailers).join('\r\n')}\r\n`, 'latin1'),
      );
    }
    this.written++;
    if (cut) this.cut++;
  }

  private write(name: string, bytes: Uint8Array): void {
    const file = join(this.folder, name);
    try {
      writeFileSync(file, bytes, { flag: 'wx' });
    } catch (cause) {
      throw unwritable(file, cause);
    }
  }

  summary(): string {
    const { written, cut, folder, requests } = this;
    const some = `${written} of ${requests.length} requests got a response of the program, in ${folder}`;
    return cut === 0
      ? some
      : `${some}; ${cut} without bytes that went past the program, of which the trace has no more`;
  }
}

function linesOf(headers: readonly Header[]): string[] {
  return headers.map(([field, value]) => `${field}: ${Buffer.from(value).toString('latin1')}`);
}

function unwritable(path: string, cause: unknown): WasiRrError {
  return new WasiRrError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${messageOf(cause)}.`, {
    cause,
  });
}
