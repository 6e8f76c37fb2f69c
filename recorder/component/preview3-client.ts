/**
 * What goes out over HTTP in WASI 0.3: preview3-shim's client, which refuses a request without a path and drops all
 * but the last of several headers of one name.
 */

type Entries = readonly (readonly [name: string, value: Uint8Array])[];

interface OutgoingRequest {
  getPathWithQuery(): string | undefined;
  getHeaders(): { copyAll(): Entries };
}

export interface Client {
  send(request: OutgoingRequest): Promise<object>;
}

/**
 * @param client whose `send` may be another one later
 * @param onSend told of each request before it is sent
 */
export function mendedClient(client: Client, onSend: (request: object) => void): Client {
  return {
    ...client,
    send(request) {
      onSend(request);
      const path = request.getPathWithQuery() ?? '/';
      const entries = combined(request.getHeaders().copyAll());
      // it is sent and gone: the shim asks for these once more
      Object.assign(request, {
        getPathWithQuery: () => path,
        getHeaders: () => ({ copyAll: () => entries }),
      });
      return client.send(request);
    },
  };
}

/** Values of one name in one line, as HTTP lets them stand (RFC 9110, 5.3; for cookies RFC 6265, 5.4). */
function combined(entries: Entries): Entries {
  const values = new Map<string, Uint8Array[]>();
  for (const [name, value] of entries) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return [...values].map(([name, parts]) => {
    const between = Buffer.from(name.toLowerCase() === 'cookie' ? '; ' : ', ');
    const line = parts.flatMap((part, i) => (i === 0 ? [part] : [between, part]));
    return [name, Buffer.concat(line)];
  });
}
