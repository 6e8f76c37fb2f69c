/**
 * Lets the guest know that a client hung up, and a client that the guest did. Loaded by preview2-shim into its own thread, which has the sockets: there
 * what the guest writes goes through a pipe, and one into a connection that is gone takes no more and never fails, so
 * that the guest waits for room for ever, and every other client with it.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** Gives up the response that was given last; answers whether its client was there still. */
export const ABANDON = 'abandon';

/** @returns what the shim asks for: one function for all operations of an extension */
export default function lostClients(): (operation: string) => boolean {
  // the guest answers one request after the other
  let last: { readonly response: ServerResponse; readonly body: Readable } | undefined;
  subscribe('http.server.request.start', (message) => {
    const { response } = message as { readonly response: ServerResponse };
    response.on('pipe', (body: Readable) => {
      last = { response, body };
      // not with an error: nobody may listen to that any more
      if (response.destroyed) body.destroy();
      else response.once('close', () => body.destroy());
    });
  });
  return (operation) => {
    if (operation !== ABANDON || last === undefined) return true;
    const wasThere = !last.response.destroyed;
    if (wasThere) abandon(last.response, last.body);
    return wasThere;
  };
}

/** The client gets what the guest wrote, and sees that it is not all: else it would wait for the rest for ever. */
function abandon(response: ServerResponse, body: Readable): void {
  body.unpipe(response);
  for (let chunk: unknown = body.read(); chunk !== null; chunk = body.read()) response.write(chunk);
  const { socket } = response;
  if (socket === null) response.destroy();
  else socket.destroySoon();
}
