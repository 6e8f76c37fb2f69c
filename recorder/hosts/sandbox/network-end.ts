/** The guest's end of the network: what has come from there, and waiting for more. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { FromNetwork, GuestNetwork, ToNetwork } from '../../network/messages.ts';
import type { Sleep } from '../sleep.ts';
import { Connection } from './connection.ts';
import { Listener } from './listener.ts';

export class NetworkEnd {
  readonly listeners: readonly Listener[];
  private readonly port: MessagePort;
  private readonly bell: Int32Array;
  /** What the bell stood at when the messages were last taken. */
  private seen = 0;
  /** All that the guest has not closed, accepted or not. */
  private readonly connections = new Map<number, Connection>();

  constructor({ port, bell, listeners }: GuestNetwork) {
    this.port = port;
    this.bell = new Int32Array(bell);
    this.listeners = Array.from({ length: listeners }, (_, i) => new Listener(this, i));
  }

  send(message: ToNetwork): void {
    // bytes go over, instead of a copy of them
    this.port.postMessage(message, message.type === 'send' ? [message.bytes.buffer] : []);
  }

  forget({ id }: Connection): void {
    this.connections.delete(id);
  }

  /** Learns what has happened; never waits. */
  update(): void {
    const now = Atomics.load(this.bell, 0);
    if (now === this.seen) return;
    this.seen = now;
    for (;;) {
      const received: { message: FromNetwork } | undefined = receiveMessageOnPort(this.port);
      if (received === undefined) return;
      this.learn(received.message);
    }
  }

  /** Until there is more to learn than at the last {@link update}. */
  readonly sleep: Sleep = (milliseconds) =>
    Atomics.wait(this.bell, 0, this.seen, milliseconds) !== 'timed-out';

  /** Waits until something that is asked again and again is so. */
  waitUntil(isSo: () => boolean): void {
    for (this.update(); !isSo(); this.update()) this.sleep(Number.POSITIVE_INFINITY);
  }

  private learn(message: FromNetwork): void {
    if (message.type === 'connected') {
      const connection = new Connection(this, message.id);
      this.connections.set(message.id, connection);
      this.listeners[message.listener]?.waiting.push(connection);
      return;
    }
    const connection = this.connections.get(message.id);
    // the guest has closed it
    if (connection === undefined) return;
    switch (message.type) {
      case 'received':
        connection.received(message.bytes);
        break;
      case 'sent':
        connection.sent(message.length);
        break;
      case 'ended':
        connection.ended = true;
        break;
      case 'failed':
        connection.failed(message.code);
    }
  }
}
