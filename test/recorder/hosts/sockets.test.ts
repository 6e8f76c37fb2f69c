/**
 * Sockets, call by call. The guest blocks this thread, so whoever talks to it is a process of its own,
 * which tells by what it sends when it is so far.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { planClock } from '../../../recorder/determinism.ts';
import { type Network, openNetwork } from '../../../recorder/network/network.ts';
import { DirectGuest, FDFLAG, OUT } from './direct-guest.ts';
import { poll } from './poll.ts';

const [LISTENER, ROOT] = [3, 4];
const [PEEK, WAITALL] = [1, 2];
const [RD, WR] = [1, 2];
const MS = 1_000_000n;
const [BUFFER, LENGTH, FLAGS] = [8192, 64, 72];

const networks: Network[] = [];
const guests: DirectGuest[] = [];
const clients: ChildProcess[] = [];
afterEach(async () => {
  for (const one of clients.splice(0)) one.kill();
  for (const one of guests.splice(0)) one.remove();
  for (const one of networks.splice(0)) await one.close(0);
});

type Given = ConstructorParameters<typeof DirectGuest>[0];

async function server(given: Given = {}): Promise<{ guest: DirectGuest; port: number }> {
  const network = await openNetwork([{ host: '127.0.0.1', port: 0 }]);
  networks.push(network);
  const guest = new DirectGuest({ ...given, network: network.guest });
  guests.push(guest);
  return { guest, port: network.addresses[0]?.port ?? 0 };
}

/** @param code what it does with the connection `s` */
function client(port: number, code: string): ChildProcess {
  const script = `const s = require('net').connect({ port: ${port}, host: '127.0.0.1', allowHalfOpen: true });
    s.on('error', () => {}); ${code}`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  clients.push(child);
  return child;
}

/** @returns the descriptor, or the name of the errno */
function accept(guest: DirectGuest, fdflags = 0): number {
  expect(guest.call('sock_accept', LISTENER, fdflags, OUT)).toBe('success');
  return guest.u32;
}

/** @returns what was read, or the name of the errno */
function receive(guest: DirectGuest, fd: number, flags = 0, ...lengths: number[]): string {
  const buffers: [address: number, length: number][] = [];
  let at = BUFFER;
  for (const length of lengths.length > 0 ? lengths : [4096]) {
    buffers.push([at, length]);
    at += length;
  }
  const errno = guest.call('sock_recv', fd, ...guest.vector(...buffers), flags, LENGTH, FLAGS);
  return errno === 'success' ? guest.bytes(BUFFER, guest.u32).toString() : errno;
}

function send(guest: DirectGuest, fd: number, text: string): number | string {
  const errno = guest.call('sock_send', fd, ...guest.vector(guest.put(text)), 0, OUT);
  return errno === 'success' ? guest.u32 : errno;
}

describe('a listening socket', () => {
  test('is a stream socket that can only accept, before the directories', async () => {
    const { guest } = await server();
    expect(guest.call('fd_fdstat_get', LISTENER, OUT)).toBe('success');
    expect(guest.structure('fdstat')).toMatchObject({
      fs_filetype: 'socket_stream',
      fs_flags: [],
      fs_rights_base: [
        'fd_fdstat_set_flags',
        'fd_filestat_get',
        'poll_fd_readwrite',
        'sock_accept',
      ],
    });
    expect(guest.read(LISTENER)).toBe('notcapable');
    expect(receive(guest, LISTENER)).toBe('notconn');
    expect(send(guest, LISTENER, 'x')).toBe('notconn');
    expect(guest.call('sock_shutdown', LISTENER, RD)).toBe('notconn');
    expect(guest.call('fd_filestat_get', LISTENER, OUT)).toBe('success');
    expect(guest.structure('filestat')).toMatchObject({ filetype: 'socket_stream', size: 0n });
    expect(guest.call('fd_fdstat_get', ROOT, OUT)).toBe('success');
    expect(guest.structure('fdstat')).toMatchObject({ fs_filetype: 'directory' });
    expect(receive(guest, ROOT)).toBe('notsock');
  });

  test('does not hide the directories from who looks for them number by number', async () => {
    const { guest } = await server();
    const DIR = 0;
    const types = [LISTENER, ROOT].map((fd) => {
      expect(guest.call('fd_prestat_get', fd, OUT)).toBe('success');
      return guest.u32;
    });
    expect(types[0]).not.toBe(DIR);
    expect(types[1]).toBe(DIR);
    // as who does not look at the type would have it
    expect(guest.call('fd_prestat_dir_name', LISTENER, BUFFER, 0)).toBe('success');
    expect(guest.call('fd_prestat_get', ROOT + 1, OUT)).toBe('badf');
  });

  test('that is not to wait does not, and a poll tells when it need not', async () => {
    const { guest, port } = await server();
    expect(guest.call('fd_fdstat_set_flags', LISTENER, FDFLAG.append)).toBe('notsup');
    expect(guest.call('fd_fdstat_set_flags', LISTENER, FDFLAG.nonblock)).toBe('success');
    expect(guest.call('sock_accept', LISTENER, 0, OUT)).toBe('again');
    expect(poll(guest, { read: LISTENER }, { timeout: 20n * MS })).toMatchObject([
      { userdata: 1n, type: 'clock' },
    ]);
    client(port, '');
    expect(poll(guest, { read: LISTENER }, { write: LISTENER })).toMatchObject([
      { userdata: 0n, type: 'fd_read', error: 'success', nbytes: 1n, flags: [] },
    ]);
    expect(guest.call('sock_accept', LISTENER, FDFLAG.append, OUT)).toBe('inval');
    const fd = accept(guest, FDFLAG.nonblock);
    expect(receive(guest, fd)).toBe('again');
    expect(guest.call('sock_accept', fd, 0, OUT)).toBe('inval');
    expect(guest.call('sock_accept', LISTENER, 0, OUT)).toBe('again');
  });

  test('that is closed takes nobody any more, and resets who waits', async () => {
    const { guest, port } = await server();
    const waiting = connect(port, '127.0.0.1');
    const failed = new Promise((resolve) => waiting.on('error', resolve));
    await once(waiting, 'connect');
    expect(poll(guest, { read: LISTENER })).toMatchObject([{ nbytes: 1n }]);
    expect(guest.call('fd_close', LISTENER)).toBe('success');
    waiting.resume();
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
    const late = connect(port, '127.0.0.1');
    const [refused] = await once(late, 'error');
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect(guest.call('sock_accept', LISTENER, 0, OUT)).toBe('badf');
  });
});

describe('a connection', () => {
  test('reads what comes, by sock_recv and fd_read, into all buffers in order', async () => {
    const { guest, port } = await server();
    client(port, `s.write('hello world'); s.end()`);
    const fd = accept(guest);
    expect(receive(guest, fd, PEEK | WAITALL, 11)).toBe('hello world');
    expect(receive(guest, fd, PEEK, 5)).toBe('hello');
    expect(receive(guest, fd, 0, 1, 0, 2, 3)).toBe('hello ');
    expect(guest.read(fd, 3)).toEqual(Buffer.from('wor'));
    expect(receive(guest, fd, 0, 0)).toBe('');
    expect(receive(guest, fd)).toBe('ld');
    expect(receive(guest, fd)).toBe('');
    expect(receive(guest, fd, 4)).toBe('inval');
    expect(guest.call('fd_tell', fd, OUT)).toBe('notcapable');
  });

  test('waits for all where it is asked to, and gets less only at the end', async () => {
    const { guest, port } = await server();
    client(
      port,
      `let n = 0; const t = setInterval(() => ++n > 9 ? (clearInterval(t), s.end()) : s.write('x'.repeat(10)), 5)`,
    );
    const fd = accept(guest);
    expect(receive(guest, fd, WAITALL, 33, 22)).toBe('x'.repeat(55));
    expect(receive(guest, fd, WAITALL | PEEK, 20)).toBe('x'.repeat(20));
    expect(receive(guest, fd, WAITALL, 1000)).toBe('x'.repeat(35));
  });

  test('sends after the peer has ended, until it ends as well', async () => {
    const { guest, port } = await server();
    const child = client(port, `s.end('ping'); s.pipe(process.stdout)`);
    const fd = accept(guest);
    expect(receive(guest, fd, WAITALL, 100)).toBe('ping');
    // one half is closed, which is no hangup
    expect(poll(guest, { read: fd })).toMatchObject([{ nbytes: 0n, flags: [] }]);
    expect(send(guest, fd, 'po')).toBe(2);
    expect(guest.write(fd, 'ng')).toBe(2);
    expect(guest.call('sock_shutdown', fd, 0)).toBe('inval');
    expect(guest.call('sock_shutdown', fd, 4)).toBe('inval');
    expect(guest.call('sock_shutdown', fd, WR)).toBe('success');
    expect(send(guest, fd, 'more')).toBe('pipe');
    expect(poll(guest, { read: fd }, { write: fd })).toMatchObject([
      { flags: ['fd_readwrite_hangup'] },
      { flags: ['fd_readwrite_hangup'] },
    ]);
    expect(guest.call('fd_close', fd)).toBe('success');
    const chunks = await child.stdout?.toArray();
    expect(Buffer.concat(chunks ?? []).toString()).toBe('pong');
  });

  test('that is closed at once sends everything first', async () => {
    const { guest, port } = await server();
    const child = client(port, `s.on('connect', () => s.pipe(process.stdout))`);
    const fd = accept(guest);
    for (let i = 0; i < 40; i++) expect(send(guest, fd, 'x'.repeat(20_000))).toBe(20_000);
    guest.call('fd_close', fd);
    expect(receive(guest, fd)).toBe('badf');
    const chunks = (await child.stdout?.toArray()) ?? [];
    expect(Buffer.concat(chunks).length).toBe(800_000);
  });

  test('that the peer resets gives what came before, tells so once, and is at its end then', async () => {
    const { guest, port } = await server();
    client(port, `s.write('last words', () => s.on('data', () => s.resetAndDestroy()))`);
    const fd = accept(guest);
    expect(poll(guest, { read: fd })).toMatchObject([{ nbytes: 10n, flags: [] }]);
    expect(send(guest, fd, 'go')).toBe(2);
    expect(receive(guest, fd, WAITALL, 4096)).toBe('last words');
    expect(poll(guest, { read: fd }, { write: fd })).toMatchObject([
      { error: 'success', nbytes: 0n, flags: ['fd_readwrite_hangup'] },
      { error: 'success', nbytes: 0n, flags: ['fd_readwrite_hangup'] },
    ]);
    expect(receive(guest, fd)).toBe('connreset');
    expect(receive(guest, fd)).toBe('');
    expect(send(guest, fd, 'x')).toBe('pipe');
    expect(guest.call('sock_shutdown', fd, WR)).toBe('notconn');
    expect(guest.call('fd_close', fd)).toBe('success');
  });

  test('whose reads are shut is at its end, and still sends', async () => {
    const { guest, port } = await server();
    const child = client(port, `s.write('nobody hears this'); s.pipe(process.stdout)`);
    const fd = accept(guest);
    expect(poll(guest, { read: fd })).toMatchObject([{ nbytes: 17n }]);
    expect(guest.call('sock_shutdown', fd, RD)).toBe('success');
    expect(receive(guest, fd)).toBe('');
    expect(send(guest, fd, 'bye')).toBe(3);
    expect(guest.call('sock_shutdown', fd, RD | WR)).toBe('success');
    const chunks = (await child.stdout?.toArray()) ?? [];
    expect(Buffer.concat(chunks).toString()).toBe('bye');
  });

  test('to a peer that does not read takes a bounded amount, then says so; a poll waits for room', async () => {
    const { guest, port } = await server();
    // reads only when this thread tells it to, through another connection
    const child = client(
      port,
      `s.pause(); s.on('connect', () => require('net').connect(${port}, '127.0.0.1').once('data', () => s.resume()));
       let n = 0; s.on('data', (b) => { n += b.length }); s.on('end', () => { console.log(String(n)); s.end() })`,
    );
    const [fd, control] = [accept(guest, FDFLAG.nonblock), accept(guest)];
    const block = 'x'.repeat(40_000);
    let sent = 0;
    // the system's own buffers are filled in the background
    for (;;) {
      const count = send(guest, fd, block);
      if (typeof count === 'number') sent += count;
      else {
        expect(count).toBe('again');
        const events = poll(guest, { write: fd }, { timeout: 300n * MS });
        if (events[0] && typeof events !== 'string' && events[0].type === 'clock') break;
      }
    }
    expect(sent).toBeLessThan(64 << 20);
    expect(send(guest, control, 'go')).toBe(2);
    expect(poll(guest, { write: fd })).toMatchObject([{ type: 'fd_write', error: 'success' }]);
    expect(send(guest, fd, 'y')).toBe(1);
    for (const one of [fd, control]) guest.call('fd_close', one);
    const chunks = (await child.stdout?.toArray()) ?? [];
    expect(Number(Buffer.concat(chunks).toString())).toBe(sent + 1);
  });

  test('can be given another number, and a number is used again', async () => {
    const { guest, port } = await server();
    client(port, `s.write('a')`);
    const first = accept(guest);
    expect(guest.call('fd_renumber', first, ROOT)).toBe('success');
    expect(receive(guest, ROOT, 0, 1)).toBe('a');
    client(port, `s.write('b')`);
    expect(accept(guest)).toBe(first);
    expect(receive(guest, first, 0, 1)).toBe('b');
  });
});

describe('with a clock that is made up', () => {
  const now = (guest: DirectGuest) => {
    expect(guest.call('clock_time_get', 1, 0n, OUT)).toBe('success');
    return guest.u64;
  };

  test('a poll waits for a client as long as the guest would, and then that time has passed', async () => {
    const { guest, port } = await server({ clock: planClock({}) });
    const before = now(guest);
    const started = performance.now();
    expect(poll(guest, { read: LISTENER }, { timeout: 60n * MS })).toMatchObject([
      { type: 'clock' },
    ]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(59);
    expect(now(guest) - before).toBeGreaterThanOrEqual(60n * MS);
    client(port, '');
    expect(poll(guest, { read: LISTENER }, { timeout: 3600_000n * MS })).toMatchObject([
      { type: 'fd_read' },
    ]);
    expect(now(guest) - before).toBeLessThan(1000_000n * MS);
  });
});

test('a thread that fails tells so, and can be closed', async () => {
  const network = await openNetwork([{ host: '127.0.0.1', port: 0 }]);
  const client = connect(network.addresses[0]?.port ?? 0, '127.0.0.1');
  client.on('error', () => {});
  const { port, bell } = network.guest;
  while (Atomics.load(new Int32Array(bell), 0) === 0) await setImmediate();
  port.postMessage({ type: 'send', id: 0, bytes: 5 });
  expect(await network.failed).toContain("the network's thread failed: ");
  await network.close(10_000);
});
