/** Standard streams of every kind, and waiting for them: files, pipes, terminals, devices, closed ones. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { DirectGuest, FDFLAG, OUT } from './direct-guest.ts';
import { ABSTIME, poll } from './poll.ts';

const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK, O_APPEND } = constants;
const [STDIN, STDOUT] = [0, 1];
const MS = 1_000_000n;

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-streams-'));
const guests: DirectGuest[] = [];
let pipes = 0;
afterEach(() => {
  for (const one of guests.splice(0)) one.remove();
});
afterAll(() => rmSync(folder, { recursive: true }));

function guestWith(given: ConstructorParameters<typeof DirectGuest>[0]): DirectGuest {
  const guest = new DirectGuest(given);
  guests.push(guest);
  return guest;
}

function pipe(): string {
  const path = join(folder, `pipe-${++pipes}`);
  execFileSync('mkfifo', [path]);
  return path;
}

function file(content: string): string {
  const path = join(folder, `file-${++pipes}`);
  writeFileSync(path, content);
  return path;
}

/** A shell that does something in a while, when this thread is in the middle of a call. */
function soon(command: string): Promise<unknown> {
  return once(spawn('sh', ['-c', `sleep 0.2; ${command}`], { stdio: 'ignore' }), 'exit');
}

describe('what a stream is', () => {
  const stat = (guest: DirectGuest, fd = STDIN) => {
    expect(guest.call('fd_fdstat_get', fd, OUT)).toBe('success');
    return guest.structure('fdstat');
  };

  test.each([
    ['a file', () => openSync(file('x'), 'r'), 'regular_file', true],
    ['a pipe', () => openSync(pipe(), O_RDWR), 'unknown', false],
    ['/dev/null', () => openSync('/dev/null', 'r'), 'character_device', true],
    // wasi-libc takes a character device without the right to seek for a terminal
    ['a terminal', () => openSync('/dev/ptmx', O_RDWR), 'character_device', false],
  ])('%s', (_name, open, filetype, seeks) => {
    const { fs_filetype, fs_rights_base, fs_flags } = stat(guestWith({ stdin: open() }));
    expect(fs_filetype).toBe(filetype);
    expect((fs_rights_base as string[]).includes('fd_seek')).toBe(seeks);
    expect(fs_flags).toEqual([]);
  });

  test('a closed one keeps its number free: no directory gets it', () => {
    const guest = guestWith({ stdin: 99_999 });
    expect(guest.read(STDIN)).toBe('badf');
    expect(stat(guest, 3)).toMatchObject({ fs_filetype: 'directory' });
  });

  test('rights follow how it was opened; a pipe that does not wait looks like one that does', () => {
    const guest = guestWith({
      stdin: openSync(pipe(), O_RDWR | O_NONBLOCK),
      stdout: openSync(file(''), O_WRONLY | O_APPEND),
    });
    expect(stat(guest)).toMatchObject({ fs_flags: [] });
    expect(stat(guest, STDOUT)).toMatchObject({ fs_flags: ['append'] });
    expect(guest.read(STDOUT)).toBe('notcapable');
  });

  test('it is never closed for the process', () => {
    const stdin = openSync(file('content'), 'r');
    const guest = guestWith({ stdin });
    expect(guest.call('fd_close', STDIN)).toBe('success');
    expect(guest.read(STDIN)).toBe('badf');
    expect(readFileSync(stdin, 'utf8')).toBe('content');
  });
});

describe('a file', () => {
  test('shares its offset with whoever else has it open', () => {
    const stdin = openSync(file('0123456789'), 'r');
    const guest = guestWith({ stdin });
    expect(guest.read(STDIN, 4)).toEqual(Buffer.from('0123'));
    expect(readSync(stdin, Buffer.alloc(2))).toBe(2);
    expect(guest.call('fd_tell', STDIN, OUT)).toBe('success');
    expect(guest.u64).toBe(6n);
    expect(guest.read(STDIN, 2)).toEqual(Buffer.from('67'));
    expect(guest.call('fd_seek', STDIN, -1n, 1, OUT)).toBe('success');
    expect(guest.read(STDIN)).toEqual(Buffer.from('789'));
    expect(guest.read(STDIN)).toEqual(Buffer.alloc(0));
  });

  test('asking for the offset does not take it over', () => {
    const path = file('');
    const stdout = openSync(path, 'w');
    const guest = guestWith({ stdout });
    guest.write(STDOUT, 'a');
    expect(guest.call('fd_seek', STDOUT, 0n, 1, OUT)).toBe('success');
    expect(guest.u64).toBe(1n);
    guest.write(STDOUT, 'b');
    writeSync(stdout, 'c');
    expect(readFileSync(path, 'utf8')).toBe('abc');
  });

  test('is always ready, with as many bytes as are left', () => {
    const guest = guestWith({ stdin: openSync(file('0123456789'), 'r') });
    guest.read(STDIN, 4);
    expect(poll(guest, { timeout: 3600_000n * MS }, { read: STDIN })).toMatchObject([
      { userdata: 1n, type: 'fd_read', error: 'success', nbytes: 6n, flags: [] },
    ]);
  });
});

describe('a pipe', () => {
  test('a read waits, even where the pipe does not', async () => {
    const path = pipe();
    const guest = guestWith({ stdin: openSync(path, O_RDWR | O_NONBLOCK) });
    const written = soon(`echo late >"${path}"`);
    expect(guest.read(STDIN)).toEqual(Buffer.from('late\n'));
    await written;
  });

  test('a guest that asked not to wait does not', () => {
    const guest = guestWith({ stdin: openSync(pipe(), O_RDWR | O_NONBLOCK) });
    expect(guest.call('fd_fdstat_set_flags', STDIN, FDFLAG.nonblock)).toBe('success');
    expect(guest.read(STDIN)).toBe('again');
  });

  test('a write waits for room, even where the pipe does not', async () => {
    const path = pipe();
    const guest = guestWith({ stdout: openSync(path, O_RDWR | O_NONBLOCK) });
    const read = soon(`timeout 1 cat "${path}" >/dev/null`);
    let written = 0;
    while (written < 100_000) written += guest.write(STDOUT, 'x'.repeat(20_000)) as number;
    await read;
  });

  test('without a reader is a broken one', () => {
    const path = pipe();
    const reader = openSync(path, O_RDONLY | O_NONBLOCK);
    const guest = guestWith({ stdout: openSync(path, O_WRONLY) });
    closeSync(reader);
    expect(guest.write(STDOUT, 'x')).toBe('pipe');
  });

  test('cannot seek', () => {
    const guest = guestWith({ stdin: openSync(pipe(), O_RDWR) });
    expect(guest.call('fd_tell', STDIN, OUT)).toBe('notcapable');
    expect(guest.call('fd_seek', STDIN, 0n, 0, OUT)).toBe('notcapable');
  });
});

describe('a poll', () => {
  test('for an empty pipe ends with the clock, and finds out nothing that is lost', () => {
    const path = pipe();
    const stdin = openSync(path, O_RDWR);
    const guest = guestWith({ stdin });
    const before = process.hrtime.bigint();
    expect(poll(guest, { timeout: 30n * MS }, { read: STDIN })).toMatchObject([
      { userdata: 0n, type: 'clock', error: 'success' },
    ]);
    expect(process.hrtime.bigint() - before).toBeGreaterThanOrEqual(30n * MS);
    writeSync(stdin, 'hello');
    for (let i = 0; i < 2; i++) {
      expect(poll(guest, { timeout: 3600_000n * MS }, { read: STDIN })).toMatchObject([
        { userdata: 1n, type: 'fd_read', error: 'success', nbytes: 5n, flags: [] },
      ]);
    }
    expect(guest.read(STDIN, 2)).toEqual(Buffer.from('he'));
    writeSync(stdin, ' again');
    expect(guest.read(STDIN, 3)).toEqual(Buffer.from('llo'));
    expect(guest.read(STDIN)).toEqual(Buffer.from(' again'));
  });

  test('wakes when something comes, and when nothing more will', async () => {
    const path = pipe();
    const stdin = openSync(path, O_RDONLY | O_NONBLOCK);
    const guest = guestWith({ stdin });
    const writer = openSync(path, O_WRONLY);
    const written = soon(`echo x >"${path}"`);
    expect(poll(guest, { read: STDIN })).toMatchObject([{ type: 'fd_read', nbytes: 2n }]);
    expect(guest.read(STDIN)).toEqual(Buffer.from('x\n'));
    await written;
    closeSync(writer);
    expect(poll(guest, { read: STDIN })).toMatchObject([
      { type: 'fd_read', nbytes: 0n, flags: ['fd_readwrite_hangup'] },
    ]);
    expect(guest.read(STDIN)).toEqual(Buffer.alloc(0));
  });

  test('gives what is ready and leaves out the rest', () => {
    const guest = guestWith({ stdin: openSync(pipe(), O_RDWR) });
    const { hrtime } = process;
    const events = poll(
      guest,
      { timeout: 3600_000n * MS },
      { write: STDOUT },
      { read: STDIN },
      { timeout: hrtime.bigint() - MS, flags: ABSTIME },
      { read: 77 },
      { timeout: 0n, clock: 9 },
    );
    expect(events).toMatchObject([
      { userdata: 1n, type: 'fd_write', error: 'success' },
      { userdata: 3n, type: 'clock', error: 'success' },
      { userdata: 4n, type: 'fd_read', error: 'badf' },
      { userdata: 5n, type: 'clock', error: 'inval' },
    ]);
  });

  test('for nothing, or for something unknown, is refused', () => {
    const guest = guestWith({});
    expect(poll(guest)).toBe('inval');
    const subscription = new Uint8Array(48).fill(3, 8, 9);
    const [address] = guest.put(subscription);
    expect(guest.call('poll_oneoff', address, 16384, 1, OUT)).toBe('inval');
  });
});

describe('clocks and random numbers', () => {
  test('the time of day is the system’s, and no clock goes back', () => {
    const guest = guestWith({});
    const now = (clock: number) => {
      expect(guest.call('clock_time_get', clock, 0n, OUT)).toBe('success');
      return guest.u64;
    };
    const drift = now(0) - BigInt(Date.now()) * MS;
    expect(drift < 0n ? -drift : drift).toBeLessThan(60_000n * MS);
    for (const clock of [0, 1, 2, 3]) {
      let last = now(clock);
      for (let i = 0; i < 100; i++) {
        const next = now(clock);
        expect(next).toBeGreaterThanOrEqual(last);
        last = next;
      }
      expect(guest.call('clock_res_get', clock, OUT)).toBe('success');
      expect(guest.u64).toBeGreaterThan(0n);
    }
    expect(guest.call('clock_time_get', 4, 0n, OUT)).toBe('inval');
    expect(guest.call('clock_res_get', -1, OUT)).toBe('inval');
  });

  test.each([0, 1, 16, 5000, 40_000])('%i random bytes, and no others', (length) => {
    const guest = guestWith({});
    const seen = new Set<string>();
    for (let i = 0; i < 5; i++) {
      Buffer.from(guest.memory.buffer).fill(0);
      expect(guest.call('random_get', 8192, length)).toBe('success');
      expect(guest.bytes(8192 + length, 64)).toEqual(Buffer.alloc(64));
      expect(guest.bytes(8128, 64)).toEqual(Buffer.alloc(64));
      seen.add(guest.bytes(8192, length).toString('hex'));
    }
    if (length >= 16) expect(seen.size).toBe(5);
  });

  test('yielding works, raising a signal does not', () => {
    const guest = guestWith({});
    expect(guest.call('sched_yield')).toBe('success');
    expect(guest.call('proc_raise', 15)).toBe('nosys');
  });
});
