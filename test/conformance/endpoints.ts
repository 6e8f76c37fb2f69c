/** The HTTP servers that tests of wasi-testsuite send requests to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EndpointServer {
  readonly name: string;
  /** `closed`: nothing listens there. */
  readonly kind?: string;
  readonly endpoints?: readonly {
    readonly method: string;
    readonly path: string;
    readonly mode?: 'echo-headers' | 'echo-body';
    readonly response?: {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly chunks?: readonly string[];
      readonly trailers?: Readonly<Record<string, string>>;
    };
  }[];
}

/** @returns environment variables with their addresses, and what closes them */
export async function startEndpoints(specs: readonly EndpointServer[]) {
  const env: Record<string, string> = {};
  const servers: Server[] = [];
  for (const spec of specs) {
    const server = createServer((incoming, outgoing) => {
      // some tests break off what they send
      incoming.on('error', () => undefined);
      answer(spec, incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    env[`HTTP_SERVER_${spec.name.toUpperCase()}`] =
      `127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (spec.kind === 'closed') server.close();
    else servers.push(server);
  }
  const close = () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { env, close };
}

async function answer(
  { endpoints = [] }: EndpointServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body: Buffer[] = [];
  for await (const part of incoming) body.push(part as Buffer);
  const { method = '', url = '' } = incoming;
  const endpoint = endpoints.find((one) => one.method === method && one.path === url);
  if (endpoint === undefined) {
    outgoing.writeHead(404).end();
  } else if (endpoint.mode === 'echo-body') {
    outgoing.writeHead(200, { 'content-length': Buffer.concat(body).length });
    outgoing.end(Buffer.concat(body));
  } else if (endpoint.mode === 'echo-headers') {
    outgoing.setHeader('x-request-method', method);
    outgoing.setHeader('x-request-path', url);
    const echo = (prefix: string, from: NodeJS.Dict<string[]>) => {
      for (const [name, values = []] of Object.entries(from)) {
        outgoing.setHeader(prefix + name, values);
      }
    };
    echo('x-echo-', incoming.headersDistinct);
    echo('x-trailer-', incoming.trailersDistinct);
    outgoing.writeHead(200, { 'content-length': 0 }).end();
  } else {
    const {
      status = 200,
      headers = {},
      body: text = '',
      chunks,
      trailers,
    } = endpoint.response ?? {};
    if (chunks === undefined) {
      outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
      outgoing.end(text);
      return;
    }
    outgoing.writeHead(status, {
      ...headers,
      ...(trailers && { trailer: Object.keys(trailers).join() }),
    });
    for (const chunk of chunks) outgoing.write(chunk);
    if (trailers) outgoing.addTrailers(trailers);
    outgoing.end();
  }
}
