/**
 * Setting times: fd_filestat_set_times, path_filestat_set_times.
 *
 * Node takes seconds as a double, which at today's dates moves in steps of 238 ns (1 s / 2^22; it rounds to
 * the nearest and libuv cuts to nanoseconds, so up to 120 ns are lost). Strings and Dates end as the same
 * double. A time that a double cannot hold is therefore set once more by touch(1), which takes a few
 * milliseconds: whole seconds, times of now and times that happen to fit never need it. Where there is no
 * touch that knows fractions, the loss of up to 120 ns stays.
 */
import { futimesSync, lutimesSync, type TimeLike } from 'node:fs';
import type { Directory } from './directory.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { IS_LINK, type Place, resolve } from './path-walk.ts';
import { RIGHT } from './rights.ts';
import { SYMLINK_FOLLOW, statAt } from './stat.ts';

const FSTFLAG = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;

/** What libuv makes UTIME_OMIT and UTIME_NOW of; node:fs refuses NaN and Infinity as numbers, not as these. */
const OMIT = new Date(Number.NaN);
const NOW = 'Infinity';

const SECOND = 1_000_000_000n;

/** One of the two times. `exact` has nanoseconds where the double behind `value` does not. */
interface NewTime {
  readonly value: TimeLike;
  readonly exact: string | undefined;
}

/** @throws Refusal inval where it is to be set to two things */
function newTime(nanoseconds: bigint, given: number, now: number): NewTime {
  if (given && now) refuse(ERRNO.inval);
  if (now) return { value: NOW, exact: undefined };
  if (!given) return { value: OMIT, exact: undefined };
  const unsigned = BigInt.asUintN(64, nanoseconds);
  const seconds = Number(unsigned / SECOND);
  const fraction = Number(unsigned % SECOND);
  const value = seconds + fraction / 1e9;
  // as libuv takes it apart again
  const fits = Math.trunc((value - Math.trunc(value)) * 1e9) === fraction;
  const exact = fits ? undefined : `@${seconds}.${String(fraction).padStart(9, '0')}`;
  return { value, exact };
}

function newTimes(atim: bigint, mtim: bigint, flags: number): readonly [NewTime, NewTime] {
  return [
    newTime(atim, flags & FSTFLAG.atim, flags & FSTFLAG.atimNow),
    newTime(mtim, flags & FSTFLAG.mtim, flags & FSTFLAG.mtimNow),
  ];
}

/**
 * Sets the times once more that a double could not hold.
 * @param fd becomes descriptor 3 of touch, so that it finds the file as the sandbox did
 * @param path the file as touch sees it
 */
function makeExact([atim, mtim]: readonly [NewTime, NewTime], fd: number, path: string): void {
  const options = [
    ['-a', atim.exact],
    ['-m', mtim.exact],
  ] as const;
  for (const [option, exact] of options) {
    if (exact === undefined) continue;
    // few programs get here, and loading it takes longer than most others need to start
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    // -c: do not create, and so do not even open; -h: a link's own time
    const link = path === '/proc/self/fd/3' ? [] : ['-h'];
    spawnSync('touch', ['-c', ...link, option, '-d', exact, path], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
  }
}

export const times: Family = ({ memory, table }) => ({
  fd_filestat_set_times(fd: number, atim: bigint, mtim: bigint, flags: number) {
    const descriptor = table.get(fd, RIGHT.fd_filestat_set_times);
    const both = newTimes(atim, mtim, flags);
    futimesSync(descriptor.fd, both[0].value, both[1].value);
    makeExact(both, descriptor.fd, '/proc/self/fd/3');
  },

  path_filestat_set_times(
    fd: number,
    lookup: number,
    path: number,
    length: number,
    atim: bigint,
    mtim: bigint,
    flags: number,
  ) {
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_filestat_set_times);
    const follow = (lookup & SYMLINK_FOLLOW) !== 0;
    const both = newTimes(atim, mtim, flags);
    resolve(start, name, follow, (place) => {
      const stat = statAt(place);
      if (stat.isSymbolicLink() && (follow || place.slash)) return IS_LINK;
      if (place.slash && !stat.isDirectory()) refuse(ERRNO.notdir);
      lutimesSync(place.path, both[0].value, both[1].value);
      makeExactAt(both, place.directory, place);
      return undefined;
    });
  },
});

function makeExactAt(
  both: readonly [NewTime, NewTime],
  { fd }: Directory,
  { name, path }: Place,
): void {
  // spawn takes text: a name that is none keeps what the double could hold
  const text = Buffer.from(name, 'latin1').toString();
  if (typeof path !== 'string' && Buffer.from(text).toString('latin1') !== name) return;
  if (fd !== undefined) makeExact(both, fd, `/proc/self/fd/3/${text}`);
}
