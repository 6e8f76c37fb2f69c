/** The supervisor's side of the network: opens a guest's listening sockets before the guest starts. */
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { messageOf, WasiRrError } from '../../errors.ts';
import { workerUrl } from '../../worker-url.ts';
import { addressText } from './address.ts';
import {
  type Address,
  END,
  type GuestNetwork,
  type ListenResult,
  type NetworkSetup,
} from './messages.ts';

export interface Network {
  /** Where it listens; a port that was 0 is the one that was found. */
  readonly addresses: readonly Address[];
  /** For the guest's thread; its port goes over to that one. */
  readonly guest: GuestNetwork;
  /** Resolves where the thread ends before it is closed, with why: nobody answers the guest any more. */
  readonly failed: Promise<string>;
  /**
   * Closes everything.
   * @param patienceMs for which what the guest has sent may still be on its way to the system
   */
  close(patienceMs: number): Promise<void>;
}

/** @throws WasiRrError LISTEN_FAILED; then nothing is left open */
export async function openNetwork(listen: readonly Address[]): Promise<Network> {
  const { port1: guestEnd, port2: networkEnd } = new MessageChannel();
  const bell = new SharedArrayBuffer(4);
  const workerData: NetworkSetup = { port: networkEnd, bell, listen };
  const worker = new Worker(workerUrl('recorder/network/network-worker'), {
    workerData,
    transferList: [networkEnd],
    execArgv: ['--no-warnings'],
    // as for the guest's thread: Node must not make the process's own streams nonblocking
    stdout: true,
    stderr: true,
  });
  const failed = new Promise<string>((resolve) => {
    worker.on('error', (thrown) => resolve(`the network's thread failed: ${messageOf(thrown)}`));
  });
  const [result]: ListenResult[] = await once(worker, 'message');
  if (result?.type !== 'listening') {
    guestEnd.close();
    await worker.terminate();
    throw refusal(listen, result);
  }
  const ended = Promise.withResolvers<void>();
  worker.once('exit', () => ended.resolve());
  return {
    addresses: result.addresses,
    guest: { port: guestEnd, bell, listeners: listen.length },
    failed,
    async close(patienceMs) {
      const timer = setTimeout(() => void worker.terminate(), patienceMs);
      worker.postMessage(END);
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

function refusal(listen: readonly Address[], result: ListenResult | undefined): WasiRrError {
  const refused = result?.type === 'refused' ? result : { index: 0, code: 'EIO' };
  const address = listen[refused.index];
  const where = address ? addressText(address) : 'the network';
  const why = REASONS[refused.code] ?? `the system says ${refused.code}`;
  return new WasiRrError('LISTEN_FAILED', `cannot listen on ${where}: ${why}.`);
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does; end that one, or take another port (0 for any that is free)',
  EACCES: 'you may not listen on this port; take one from 1024 on',
  EADDRNOTAVAIL:
    'this machine has no such address; 127.0.0.1 is always one, 0.0.0.0 stands for all',
  EAFNOSUPPORT: 'this machine does not speak this version of IP',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
};
