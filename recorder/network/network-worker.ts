/**
 * The network's thread: owns the sockets of a guest, whose own thread blocks in its calls. Knows
 * nothing of WASI.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant, systemCode } from '../../errors.ts';
import {
  type Address,
  BACKLOG,
  type ConnectionId,
  END,
  type FromNetwork,
  type ListenResult,
  type NetworkSetup,
  type ToNetwork,
  WINDOW,
} from './messages.ts';

interface Connection {
  readonly socket: Socket;
  readonly listener: number;
  accepted: boolean;
  /** Bytes that the guest has not taken. */
  untaken: number;
}

invariant(parentPort, 'the network runs outside a worker');
const supervisor = parentPort;
const { port, bell: shared, listen } = workerData as NetworkSetup;
const bell = new Int32Array(shared);
const servers: Server[] = [];
const connections = new Map<ConnectionId, Connection>();
/** Connections by listener that the guest has not accepted. */
const waiting = listen.map(() => 0);
let nextId = 0;

function tell(message: FromNetwork): void {
  port.postMessage(message);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

async function open(): Promise<ListenResult> {
  const addresses: Address[] = [];
  for (const [index, address] of listen.entries()) {
    try {
      addresses.push(await listenOn(address, index));
    } catch (thrown) {
      return { type: 'refused', index, code: systemCode(thrown) ?? 'EIO' };
    }
  }
  return { type: 'listening', addresses };
}

function listenOn({ host, port }: Address, listener: number): Promise<Address> {
  // small answers go at once: what a guest writes has been on its way long enough
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  servers.push(server);
  server.on('connection', (socket) => connected(listener, socket));
  return new Promise((resolve, reject) => {
    // later ones (no descriptor left for another connection) are the clients' to notice
    server.on('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      const bound = server.address();
      invariant(bound !== null && typeof bound === 'object', 'a TCP server without an address');
      resolve({ host: bound.address, port: bound.port });
    });
  });
}

function connected(listener: number, socket: Socket): void {
  if ((waiting[listener] ?? 0) >= BACKLOG) {
    socket.resetAndDestroy();
    return;
  }
  count(listener, 1);
  const id = nextId++;
  connections.set(id, { socket, listener, accepted: false, untaken: 0 });
  socket.on('error', (error) => tell({ type: 'failed', id, code: systemCode(error) ?? 'EIO' }));
  socket.on('close', () => connections.delete(id));
  tell({ type: 'connected', listener, id });
}

function count(listener: number, change: number): void {
  waiting[listener] = (waiting[listener] ?? 0) + change;
}

function start(id: ConnectionId, connection: Connection): void {
  const { socket, listener } = connection;
  connection.accepted = true;
  count(listener, -1);
  socket.on('data', (bytes) => {
    invariant(typeof bytes !== 'string', 'text from a socket that has no encoding');
    connection.untaken += bytes.length;
    if (connection.untaken >= WINDOW) socket.pause();
    tell({ type: 'received', id, bytes });
  });
  socket.on('end', () => tell({ type: 'ended', id }));
  socket.resume();
}

function send(id: ConnectionId, { socket }: Connection, bytes: Uint8Array): void {
  socket.write(bytes, (error) => {
    if (!error) tell({ type: 'sent', id, length: bytes.length });
  });
}

function take(connection: Connection, length: number): void {
  connection.untaken -= length;
  const { socket, untaken } = connection;
  if (untaken < WINDOW && socket.isPaused()) socket.resume();
}

function obey(message: ToNetwork): void {
  if (message.type === 'stopListening') {
    stopListening(message.listener);
    return;
  }
  const { id } = message;
  const connection = connections.get(id);
  // it has failed, as the guest has been told
  if (connection === undefined) return;
  switch (message.type) {
    case 'accepted':
      start(id, connection);
      break;
    case 'taken':
      take(connection, message.length);
      break;
    case 'send':
      send(id, connection, message.bytes);
      break;
    case 'end':
      connection.socket.end();
      break;
    case 'close':
      connection.socket.destroySoon();
  }
}

function stopListening(listener: number): void {
  servers[listener]?.close();
  for (const one of connections.values()) {
    if (one.listener === listener && !one.accepted) one.socket.resetAndDestroy();
  }
}

/** The thread ends by itself when what is under way has gone to the system. */
function end(): void {
  // the guest's last words may still lie there
  for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port)) {
    obey(last.message);
  }
  port.close();
  servers.forEach((_, listener) => {
    stopListening(listener);
  });
  for (const { socket } of connections.values()) socket.destroySoon();
}

port.on('message', obey);
supervisor.once('message', (message) => {
  invariant(message === END, 'an unknown message to the network');
  end();
});
supervisor.postMessage(await open());
