/** What of a request of WASI 0.3 goes out, where the shim would send less or nothing. */
import { expect, test } from 'vitest';
import { mendedClient } from '../../recorder/component/preview3-client.ts';

const bytes = (text: string) => Buffer.from(text);

test('without a path it is for the root; headers of one name are all sent', async () => {
  const sent: unknown[] = [];
  const client = mendedClient(
    {
      async send(request) {
        const headers = request.getHeaders().copyAll();
        sent.push(
          request.getPathWithQuery(),
          ...headers.map(([name, value]) => `${name}: ${value}`),
        );
        return {};
      },
    },
    () => undefined,
  );
  class Request {
    getPathWithQuery(): string | undefined {
      return undefined;
    }
    getHeaders() {
      return {
        copyAll: () =>
          [
            ['accept', bytes('a')],
            ['cookie', bytes('x=1')],
            ['accept', bytes('b')],
            ['cookie', bytes('y=2')],
            ['host', bytes('h')],
          ] as const,
      };
    }
  }
  await client.send(new Request());
  expect(sent).toEqual(['/', 'accept: a, b', 'cookie: x=1; y=2', 'host: h']);
});
