/** Whether an address can be listened on, before anything is made for who will. */
import { messageOf, systemCode, WasiRrError } from '../../errors.ts';
import { addressText } from './address.ts';
import type { Address } from './messages.ts';

/** @throws WasiRrError LISTEN_FAILED */
export async function checkFree({ host, port }: Address): Promise<void> {
  // not loaded for those who listen nowhere
  const server = process.getBuiltinModule('node:net').createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve());
    });
  } catch (cause) {
    const why =
      systemCode(cause) === 'EADDRINUSE' ? 'another program listens there' : messageOf(cause);
    throw new WasiRrError(
      'LISTEN_FAILED',
      `cannot serve on ${addressText({ host, port })}: ${why}. Take another port; 0 is any that is free.`,
      { cause },
    );
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
