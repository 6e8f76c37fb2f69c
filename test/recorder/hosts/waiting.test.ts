/**
 * Waiting for streams, or refusing to wait: with poll(2), and as where Node cannot call it. A stream is
 * the process's own and blocks, as a shell hands it over.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK } = constants;
const [STDIN, STDOUT] = [0, 1];
const MS = 1_000_000n;
const HANGUP = ['fd_readwrite_hangup'];

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-waiting-'));
let pipes = 0;
afterAll(() => rmSync(folder, { recursive: true }));

/** Both ends of a pipe, one of which blocks. */
function pipe(blocking: 'reader' | 'writer') {
  const path = join(folder, `pipe-${++pipes}`);
  execFileSync('mkfifo', [path]);
  const both = openSync(path, O_RDWR | O_NONBLOCK);
  const reader = openSync(path, O_RDONLY | (blocking === 'reader' ? 0 : O_NONBLOCK));
  const writer = openSync(path, O_WRONLY | (blocking === 'writer' ? 0 : O_NONBLOCK));
  closeSync(both);
  return { reader, writer };
}

describe.each([
  ['with poll(2)', true],
  ['without', false],
])('%s', (_name, hasPoll) => {
  let DirectGuest: typeof import('./direct-guest.ts').DirectGuest;
  let poll: typeof import('./poll.ts').poll;
  const guests: InstanceType<typeof DirectGuest>[] = [];
  beforeAll(async () => {
    vi.resetModules();
    const builtin = process.getBuiltinModule;
    if (!hasPoll) {
      vi.spyOn(process, 'getBuiltinModule').mockImplementation((id: string) =>
        id === 'node:ffi' ? undefined : builtin(id),
      );
    }
    ({ DirectGuest } = await import('./direct-guest.ts'));
    ({ poll } = await import('./poll.ts'));
  });
  afterEach(() => {
    for (const one of guests.splice(0)) one.remove();
  });
  afterAll(() => vi.restoreAllMocks());

  function guestWith(given: ConstructorParameters<typeof DirectGuest>[0]) {
    const guest = new DirectGuest(given);
    guests.push(guest);
    return guest;
  }

  function notWaiting(fd: number, given: ConstructorParameters<typeof DirectGuest>[0]) {
    const guest = guestWith(given);
    expect(guest.call('fd_fdstat_set_flags', fd, 4)).toBe('success');
    return guest;
  }

  test('a read that is not to wait gives what is there, or `again`, or the end', () => {
    const { reader, writer } = pipe('reader');
    const guest = notWaiting(STDIN, { stdin: reader });
    expect(guest.read(STDIN)).toBe('again');
    writeSync(writer, 'hello');
    expect(guest.read(STDIN, 2)).toEqual(Buffer.from('he'));
    expect(guest.read(STDIN)).toEqual(Buffer.from('llo'));
    expect(guest.read(STDIN)).toBe('again');
    closeSync(writer);
    expect(guest.read(STDIN)).toEqual(Buffer.alloc(0));
  });

  test('a write that is not to wait gives what there is room for, then `again`', () => {
    const { reader, writer } = pipe('writer');
    const guest = notWaiting(STDOUT, { stdout: writer });
    let written = 0;
    for (let one = guest.write(STDOUT, 'x'.repeat(30_000)); typeof one === 'number'; ) {
      written += one;
      one = guest.write(STDOUT, 'x'.repeat(30_000));
    }
    expect(guest.write(STDOUT, 'x')).toBe('again');
    const drained = Buffer.alloc(1 << 20);
    expect(readSync(reader, drained)).toBe(written);
    expect(guest.write(STDOUT, 'x')).toBe(1);
    closeSync(reader);
    expect(guest.write(STDOUT, 'x')).toBe('pipe');
  });

  test('one that waits again after it did not', () => {
    const { reader, writer } = pipe('reader');
    const guest = notWaiting(STDIN, { stdin: reader });
    expect(guest.read(STDIN)).toBe('again');
    expect(guest.call('fd_fdstat_set_flags', STDIN, 0)).toBe('success');
    writeSync(writer, 'x');
    expect(guest.read(STDIN)).toEqual(Buffer.from('x'));
  });

  test('a poll tells of what is left when the writer is gone', () => {
    const { reader, writer } = pipe('reader');
    const guest = guestWith({ stdin: reader });
    expect(poll(guest, { read: STDIN }, { timeout: 0n })).toMatchObject([{ type: 'clock' }]);
    writeSync(writer, 'x');
    expect(poll(guest, { read: STDIN })).toMatchObject([{ nbytes: 1n, flags: [] }]);
    closeSync(writer);
    expect(poll(guest, { read: STDIN })).toMatchObject([{ nbytes: 1n }]);
    expect(guest.read(STDIN)).toEqual(Buffer.from('x'));
    expect(poll(guest, { read: STDIN })).toMatchObject([{ nbytes: 0n, flags: HANGUP }]);
  });

  test('what is polled and never read is there for others who share it', () => {
    const { reader, writer } = pipe('writer');
    const guest = guestWith({ stdin: reader });
    writeSync(writer, 'for somebody else');
    expect(poll(guest, { read: STDIN })).toMatchObject([{ nbytes: 17n }]);
    const left = Buffer.alloc(100);
    if (hasPoll) expect(readSync(reader, left)).toBe(17);
    else expect(() => readSync(reader, left)).toThrow('EAGAIN');
  });

  test('a poll waits for room to write, where that can be asked', () => {
    const { reader, writer } = pipe('writer');
    const guest = guestWith({ stdout: writer });
    const ready = () => poll(guest, { write: STDOUT }, { timeout: 20n * MS });
    expect(ready()).toMatchObject([{ type: 'fd_write', error: 'success', flags: [] }]);
    // what a pipe holds
    expect(guest.write(STDOUT, 'x'.repeat(1 << 15))).toBe(1 << 15);
    expect(guest.write(STDOUT, 'x'.repeat(1 << 15))).toBe(1 << 15);
    expect(ready()).toMatchObject([{ type: hasPoll ? 'clock' : 'fd_write' }]);
    readSync(reader, Buffer.alloc(1 << 16));
    expect(ready()).toMatchObject([{ type: 'fd_write' }]);
    closeSync(reader);
    expect(ready()).toMatchObject([{ type: 'fd_write', flags: hasPoll ? HANGUP : [] }]);
  });

  test('an inherited socket, as Node gives its child processes for a pipe', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const outside = connect(port, '127.0.0.1');
    const connected = once(outside, 'connect');
    const [inside]: Socket[] = await once(server, 'connection');
    await connected;
    const stdin = descriptorOf(inside);
    const guest = guestWith({ stdin });
    const ready = () => poll(guest, { read: STDIN }, { timeout: 20n * MS });
    expect(ready()).toMatchObject([{ type: hasPoll ? 'clock' : 'fd_read' }]);
    outside.write('hello');
    expect(poll(guest, { read: STDIN })).toMatchObject([{ nbytes: hasPoll ? 5n : 1n }]);
    expect(guest.read(STDIN)).toEqual(Buffer.from('hello'));
    expect(guest.call('fd_fdstat_set_flags', STDIN, 4)).toBe('success');
    expect(guest.read(STDIN)).toBe('again');
    outside.destroy();
    inside?.destroy();
    server.close();
  });

  test('a thousand things at once come in their order', () => {
    const { reader, writer } = pipe('reader');
    writeSync(writer, 'x');
    const guest = guestWith({ stdin: reader });
    const late = { timeout: 3600_000n * MS };
    const all = Array.from({ length: 1000 }, (_, i) => (i % 250 === 249 ? { read: STDIN } : late));
    const ready = [249n, 499n, 749n, 999n].map((userdata) => ({ userdata, type: 'fd_read' }));
    expect(poll(guest, ...all)).toMatchObject(ready);
  });
});

/** Node's own, of a connection. */
function descriptorOf(socket: Socket | undefined): number {
  const handle: unknown = socket && Reflect.get(socket, '_handle');
  const fd: unknown = handle instanceof Object && Reflect.get(handle, 'fd');
  if (typeof fd !== 'number') throw new Error('a connection has a handle');
  return fd;
}
