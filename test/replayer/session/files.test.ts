/** Offset, rights and flags of open files at every event, against what the host itself told the guest. */
import { afterAll, expect, test } from 'vitest';
import { openSession } from '../../../replayer/session/session.ts';
import { data, program } from '../../guests/assemble.ts';
import type { Guest } from '../../guests/guest.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { eventsOf } from '../../traces/edit-trace.ts';

const scratch = new Scratch('files');
afterAll(() => scratch.remove());

/** fd_read, fd_seek, fd_fdstat_set_flags, fd_tell, fd_write. */
const READ_WRITE = 0x2n | 0x4n | 0x8n | 0x20n | 0x40n;

/** Does the calls, and asks for the offset of the descriptor in memory after each. */
const wanders = program(`
  ${data(2048, 'log.txt')}
  ${data(2100, 'hello, offset')}
  (func $tell (drop (call $fd_tell (i32.load (i32.const 3000)) (i32.const 3100))))
  (func $open (param $flags i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 7) (i32.const 1)
      (i64.const ${READ_WRITE}) (i64.const 0) (local.get $flags) (i32.const 3000)))
    (call $tell))
  (func $vector (param $length i32)
    (i32.store (i32.const 3008) (i32.const 2100))
    (i32.store (i32.const 3012) (local.get $length)))
  (func $write (param $length i32)
    (call $vector (local.get $length))
    (drop (call $fd_write (i32.load (i32.const 3000)) (i32.const 3008) (i32.const 1) (i32.const 3020)))
    (call $tell))
  (func $read (param $length i32)
    (call $vector (local.get $length))
    (drop (call $fd_read (i32.load (i32.const 3000)) (i32.const 3008) (i32.const 1) (i32.const 3020)))
    (call $tell))
  (func $seek (param $to i64) (param $whence i32)
    (drop (call $fd_seek (i32.load (i32.const 3000)) (local.get $to) (local.get $whence) (i32.const 3100)))
    (call $tell))
  (func (export "_start")
    (drop (call $fd_prestat_get (i32.const 3) (i32.const 3200)))
    (call $open (i32.const 0))
    (call $write (i32.const 13))
    (call $write (i32.const 5))
    (call $seek (i64.const 3) (i32.const 0))
    (call $read (i32.const 4))
    (call $seek (i64.const -2) (i32.const 2))
    (call $read (i32.const 100))
    (call $vector (i32.const 6))
    (drop (call $fd_pwrite (i32.load (i32.const 3000)) (i32.const 3008) (i32.const 1) (i64.const 1) (i32.const 3020)))
    (drop (call $fd_pread (i32.load (i32.const 3000)) (i32.const 3008) (i32.const 1) (i64.const 2) (i32.const 3020)))
    (call $tell)
    (drop (call $fd_fdstat_get (i32.load (i32.const 3000)) (i32.const 3200)))
    (drop (call $fd_fdstat_set_flags (i32.load (i32.const 3000)) (i32.const 1)))
    (call $seek (i64.const 0) (i32.const 0))
    (call $write (i32.const 2))
    (call $read (i32.const 1))
    (drop (call $fd_close (i32.load (i32.const 3000))))
    (call $open (i32.const 0))
    (drop (call $fd_read (i32.load (i32.const 3000)) (i32.const 3008) (i32.const 1) (i32.const 3020)))
    (i32.store (i32.const 3004) (i32.load (i32.const 3000)))
    (call $open (i32.const 0))
    (drop (call $fd_renumber (i32.load (i32.const 3004)) (i32.load (i32.const 3000))))
    (call $tell))`);

const guest: Guest = {
  name: 'wanders',
  wat: wanders,
  input: { files: { 'log.txt': '' } },
  expect: { ending: { kind: 'exit', code: 0 } },
};

test.each(['node', 'sandbox'] as const)('with the host %s', async (host) => {
  const { trace } = await scratch.recordGuest(guest, { host });
  const events = eventsOf(trace);
  const session = await openSession(trace, { readAhead: false });
  try {
    let told = 0;
    let unknown = 0;
    for (const event of events) {
      if (event.kind !== 'call' || event.name !== 'fd_tell') continue;
      expect(event.result).toBe(0);
      const [effect] = event.effects;
      const answer = Number(Buffer.from(effect?.bytes ?? []).readBigUInt64LE());
      const fileAt = async (at: number) => {
        await session.goto(at);
        return (await session.files()).find(({ fd }) => fd === event.args[0]);
      };
      // what was derived before the host told must be what it told, or nothing
      const before = (await fileAt(event.number - 1))?.offset;
      if (before === 'unknown') unknown++;
      else expect([event.number, before]).toEqual([event.number, answer]);
      expect((await fileAt(event.number))?.offset).toBe(answer);
      told++;
    }
    expect(told).toBe(14);
    // an append, and nothing else
    expect(unknown).toBe(1);
    const at = async (name: string, by: number) => {
      const event = events.find((one) => one.kind === 'call' && one.name === name);
      await session.goto((event?.number ?? 0) + by);
      return (await session.files()).at(-1);
    };
    expect(await at('fd_fdstat_get', -1)).toMatchObject({
      rights: { base: READ_WRITE, inheriting: 0n, confirmed: false },
      flags: 0,
      path: expect.stringContaining('log.txt'),
    });
    expect(await at('fd_fdstat_get', 0)).toMatchObject({ rights: { confirmed: true } });
    expect(await at('fd_fdstat_set_flags', 0)).toMatchObject({ flags: 1 });
    await session.goto(0);
    expect(await session.files()).toMatchObject([
      { fd: 0, offset: 'unknown', rights: undefined },
      { fd: 1, offset: 'unknown' },
      { fd: 2, offset: 'unknown' },
    ]);
    await session.goto(1);
    expect((await session.files())[3]).toMatchObject({ kind: 'preopen', offset: 'none' });
  } finally {
    await session.close();
  }
});
