/**
 * Finds the place that a guest's path names, without ever leaving the directory that it starts from.
 *
 * A path is walked one name at a time; a step never follows a link. `..` goes back on the stack of the
 * directories that are open, never by the system's own `..`, so it cannot pass the start. A link is read
 * and its target walked in its place; an absolute one leads outside by definition. The last name is left
 * to the call, which must not follow it either: {@link resolve} does, when asked to.
 */
import { readlinkSync } from 'node:fs';
import { type Directory, enter, hostPath, leave } from './directory.ts';
import { ERRNO, failedWith, refuse } from './errno.ts';
import type { StartDirectory } from './known-directories.ts';
import { MAX_PATH } from './memory.ts';

/** Links in one walk, as Linux has it. */
const MAX_LINKS = 40;

/** A path that has something else than plain names in it: nothing, `.`, `..` or a NUL. */
const IRREGULAR = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

/** A name in a directory: nothing is known of what it stands for, or whether it is there. */
export interface Place {
  readonly directory: Directory;
  /** One name, in bytes; `.` for the directory itself. Never `..`. */
  readonly name: string;
  /** For node:fs; may be used with calls that follow no link, and without a slash at the end. */
  readonly path: string | Buffer;
  /** The path ends with a slash, so it can only mean a directory. */
  readonly slash: boolean;
}

/** An action's answer where it found a link that it does not act on. */
export const IS_LINK = Symbol('link');

/**
 * Walks to a place and acts there.
 * @param path as the guest gave it, one character a byte
 * @param follow whether the last name may be a link, which is then followed; a slash behind it asks for the same
 * @param act must follow no link itself; it may be asked several times
 * @throws Refusal notcapable where the path leads outside, loop, and whatever `act` throws
 */
export function resolve<T>(
  start: StartDirectory,
  path: string,
  follow: boolean,
  act: (place: Place) => T | typeof IS_LINK,
): T {
  const near = atHand(start, path);
  if (near !== undefined) {
    const result = act(near);
    // a link may lead back up, so the directories above it are needed
    if (result !== IS_LINK) return result;
  }
  const walk = new Walk(start, path);
  try {
    for (;;) {
      const place = walk.last();
      const result = act(place);
      if (result !== IS_LINK) return result;
      if (!follow && !place.slash) refuse(ERRNO.loop);
      walk.expand(place.name);
    }
  } finally {
    walk.close();
  }
}

/**
 * Walks to a directory's entry and acts on it: to make, name or remove it. Follows no last name.
 * @param act sees by `slash` whether the entry can only be a directory
 */
export function atEntry<T>(start: StartDirectory, path: string, act: (place: Place) => T): T {
  const near = atHand(start, path);
  if (near !== undefined) return act(near);
  const walk = new Walk(start, path);
  try {
    return act(walk.last());
  } finally {
    walk.close();
  }
}

/** The place of plain names whose directory is open already: the start, or one that is held. */
function atHand(start: StartDirectory, path: string): Place | undefined {
  if (IRREGULAR.test(path) || path.length >= MAX_PATH) return undefined;
  const end = path.lastIndexOf('/');
  const directory = end < 0 ? start : start.known.find(path.slice(0, end));
  return directory && placeIn(directory, path.slice(end + 1), false);
}

function placeIn(directory: Directory, name: string, slash: boolean): Place {
  return { directory, name, path: hostPath(directory.prefix + name), slash };
}

class Walk {
  private readonly start: StartDirectory;
  /** Entered and to be left again. */
  private readonly entered: Directory[] = [];
  /** Names still to walk, the next one last. */
  private readonly rest: string[] = [];
  private slash = false;
  private links = 0;
  /** All before the last name, where these are plain names: what the directory may be known by. */
  private plain: string | undefined;

  constructor(start: StartDirectory, path: string) {
    this.start = start;
    this.push(path);
    const end = path.lastIndexOf('/');
    if (end >= 0 && !IRREGULAR.test(path)) this.plain = path.slice(0, end);
  }

  /** Walks up to the last name. */
  last(): Place {
    for (;;) {
      const name = this.rest.pop();
      if (name === '..') this.back();
      else if (name === undefined) return this.place('.');
      else if (this.rest.length === 0) return this.place(name);
      else this.step(name);
    }
  }

  /** Goes on with the target of a link. */
  expand(name: string): void {
    if (++this.links > MAX_LINKS) refuse(ERRNO.loop);
    const path = hostPath(this.directory.prefix + name);
    let target: string;
    try {
      target = readlinkSync(path, 'latin1');
    } catch (thrown) {
      // no link after all, so a file
      if (failedWith(thrown, 'EINVAL')) refuse(ERRNO.notdir);
      throw thrown;
    }
    this.push(target);
  }

  close(): void {
    const { plain, links, rest, entered } = this;
    const walked = entered.at(-1);
    const arrived = links === 0 && rest.length === 0;
    if (plain !== undefined && walked !== undefined && arrived) {
      if (this.start.known.keep(plain, walked)) entered.pop();
    }
    for (const directory of entered) leave(directory);
    entered.length = 0;
  }

  private get directory(): Directory {
    return this.entered.at(-1) ?? this.start;
  }

  private place(name: string): Place {
    return placeIn(this.directory, name, this.slash);
  }

  private push(path: string): void {
    if (path === '') refuse(ERRNO.noent);
    if (path.startsWith('/')) refuse(ERRNO.notcapable);
    if (path.length >= MAX_PATH) refuse(ERRNO.nametoolong);
    if (path.includes('\0')) refuse(ERRNO.inval);
    const names = path.split('/');
    const last = names.at(-1);
    if (this.rest.length === 0 && (last === '' || last === '.')) this.slash = true;
    for (let i = names.length - 1; i >= 0; i--) {
      const name = names[i];
      if (name !== undefined && name !== '' && name !== '.') this.rest.push(name);
    }
  }

  private step(name: string): void {
    const next = enter(this.directory, name);
    if (next === undefined) this.expand(name);
    else this.entered.push(next);
  }

  private back(): void {
    const left = this.entered.pop();
    if (left === undefined) refuse(ERRNO.notcapable);
    leave(left);
  }
}
