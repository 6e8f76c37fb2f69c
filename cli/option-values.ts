/** Values of options, checked as they are parsed. */
import { InvalidArgumentError } from 'commander';
import type { FixedClockOptions, SeededRandomOptions } from '../index.ts';
import { parseMoment } from './moment.ts';

/** For an option that may be given more than once: all values, in their order. */
export function collecting<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[] = []): T[] => [...before, parse(text)];
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It is no whole number.');
}

/** An event's number, as `12` or `#12`. */
export function eventNumber(text: string): number {
  return wholeNumber(text.replace(/^#/, ''));
}

/** At least one. */
export function countOf(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('It must be at least 1.');
}

/** After `=`; nothing for a random one. */
export function optionalSeed(text: string): number | 'random' {
  return text === '' ? 'random' : wholeNumber(text);
}

/** `fixed`, `fixed=TIME`. */
export function fixedClock(text: string): FixedClockOptions {
  const time = valueAfter('fixed', text, 'TIME');
  if (time === undefined) return {};
  const startNs = parseMoment(time);
  if (startNs !== undefined) return { startNs };
  throw new InvalidArgumentError(
    'A time is written 2024-02-29T12:00:00Z, or as seconds since 1970.',
  );
}

/** `seed`, `seed=N`. */
export function seededRandom(text: string): SeededRandomOptions {
  const seed = valueAfter('seed', text, 'N');
  return seed === undefined ? {} : { seed: wholeNumber(seed) };
}

/** @returns what stands after `name=`; undefined for the name alone */
function valueAfter(name: string, text: string, what: string): string | undefined {
  if (text === name) return undefined;
  if (text.startsWith(`${name}=`)) return text.slice(name.length + 1);
  throw new InvalidArgumentError(`It is ${name} or ${name}=${what}.`);
}

/** `FROM=TO`, of the beginning of a path. */
export function pathChange(text: string): { readonly from: string; readonly to: string } {
  const at = text.indexOf('=');
  if (at > 0) return { from: text.slice(0, at), to: text.slice(at + 1) };
  throw new InvalidArgumentError('It is written FROM=TO.');
}

/** Names, separated by commas. */
export function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

export function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It is no number of seconds above zero.');
}

export function payloadLimit(text: string): number | 'full' {
  if (text === 'full') return text;
  if (/^\d+$/.test(text)) return wholeNumber(text);
  throw new InvalidArgumentError('It is neither "full" nor a number of bytes.');
}

/** Days, and parts of them. */
export function days(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('It is no number of days.');
}

/** Bytes, as GNU coreutils read them: `500`, `10M` or `10MiB` (powers of 1024), `10MB` (powers of 1000). */
export function byteSize(text: string): number {
  const [, digits, unit, base] = /^(\d+(?:\.\d+)?)(?:([KMGT])(iB|B)?)?$/i.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError('It is no size, such as 500M, 2G or a number of bytes.');
  }
  const power = unit === undefined ? 0 : 'KMGT'.indexOf(unit.toUpperCase()) + 1;
  return Math.floor(Number(digits) * (base?.length === 1 ? 1000 : 1024) ** power);
}
