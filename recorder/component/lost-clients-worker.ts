/**
 * Lets the guest know that a client hung up. Loaded by preview2-shim into its own thread, which has the sockets: there
 * what the guest writes goes through a pipe, and one into a connection that is gone takes no more and never fails, so
 * that the guest waits for room for ever, and every other client with it.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** @returns what the shim asks for: one function for all operations of an extension */
export default function lostClients(): () => boolean {
  subscribe('http.server.request.start', (message) => {
    const { response } = message as { readonly response: ServerResponse };
    response.on('pipe', (body: Readable) => {
      // not with an error: nobody may listen to that any more
      if (response.destroyed) body.destroy();
      else response.once('close', () => body.destroy());
    });
  });
  return () => true;
}
